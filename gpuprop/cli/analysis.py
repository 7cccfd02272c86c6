"""What ``pc`` and ``export`` share: encounters, what is known of objects, filters, order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from gpuprop.errors import InputError

if TYPE_CHECKING:
    from gpuprop.catalog import Catalog
    from gpuprop.screening.assessment import Assessment

Radius = Annotated[
    str,
    typer.Option(help="Radius of each object in m: a number, or a CSV with norad_id, hard_body_radius_m."),
]
Covariance = Annotated[
    str,
    typer.Option(
        help="'none', 'coarse-age' (indicative), an OEM, or a CSV: norad_id, cr_r_m2, ct_r_m2, ct_t_m2, ..."
    ),
]
Method = Annotated[Literal["foster", "chan", "alfano"], typer.Option(help="How the probability is computed.")]
Ids = Annotated[
    list[int] | None, typer.Option("--id", help="Only encounters of this catalog number; may be repeated.")
]
Kinds = Annotated[
    list[str] | None, typer.Option("--kind", help="Only this kind, like flyby; may be repeated.")
]
MaxMiss = Annotated[float | None, typer.Option(help="Only miss distances up to this.")]
MinProbability = Annotated[
    float | None, typer.Option(help="Only where the probability, or else its maximum, is at least this.")
]
Sort = Annotated[
    Literal["probability", "maximum", "miss_distance_km", "relative_speed_km_s", "tca"],
    typer.Option(help="Order: likeliest, closest, fastest or earliest first."),
]


def read_assessment(
    encounters: str, catalog: Catalog, *, radius: str, covariance: str, method: Any
) -> Assessment:
    """Read encounters and put probabilities beside them."""
    from gpuprop import Encounters, assess

    return assess(
        Encounters.read(encounters),
        catalog,
        hard_body_radius_m=_radii(radius),
        covariance=covariances(covariance, catalog),
        method=method,
    )


def _radii(text: str) -> Any:
    from gpuprop.formats.object_tables import read_radii

    try:
        return float(text)
    except ValueError:
        return read_radii(text)


def covariances(text: str, catalog: Catalog) -> Any:
    """Return what ``--covariance`` stands for."""
    from gpuprop.formats.object_tables import read_covariances
    from gpuprop.screening.covariance import COVARIANCE_MODELS

    if text == "none":
        return None
    if text in COVARIANCE_MODELS:
        return text
    if not Path(text).is_file():
        words = ", ".join(("none", *COVARIANCE_MODELS))
        raise InputError(f"--covariance {text}: neither a file nor one of {words}")
    with Path(text).open("rb") as file:
        head = file.read(4096).lstrip()
    return _from_oem(text, catalog) if b"OEM_VERS" in head else read_covariances(text)


def _from_oem(path: str, catalog: Catalog) -> Any:
    from gpuprop.messages import Oem

    numbers = dict(zip(catalog.object_id.tolist(), catalog.norad_id.tolist(), strict=True))
    found = {}
    for segment in Oem.read(path).segments:
        number = numbers.get(segment.metadata["OBJECT_ID"])
        if number is None:
            raise InputError(
                f"--covariance {path}: the catalog has no object {segment.metadata['OBJECT_ID']!r}"
            )
        found[number] = segment.covariance_at
    return found


def chosen(
    assessment: Assessment,
    *,
    ids: list[int] | None,
    kinds: list[str] | None,
    max_miss_km: float | None,
    min_probability: float | None,
) -> Assessment:
    """Keep the rows that pass every filter."""
    import numpy as np

    from gpuprop.encounter_schema import KINDS

    encounters, found = assessment.encounters, assessment.probabilities
    mask = np.ones(len(assessment), bool)
    if ids:
        mask &= np.isin(encounters.norad_id_1, ids) | np.isin(encounters.norad_id_2, ids)
    if kinds:
        if unknown := sorted(set(kinds) - set(KINDS)):
            raise InputError(f"--kind {unknown[0]!r} is not known; the kinds are {', '.join(KINDS)}")
        mask &= np.isin(encounters.kind, kinds)
    if max_miss_km is not None:
        mask &= encounters.miss_distance_km <= max_miss_km
    if min_probability is not None:
        value = np.where(np.isnan(found.probability), found.maximum, found.probability)
        mask &= value >= min_probability
    return assessment.take(mask)
