"""``gpuprop pc``: probabilities of collision of encounters, or of one conjunction data message."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gpuprop.cli import analysis, common
from gpuprop.errors import InputError

if TYPE_CHECKING:
    from rich.table import Table

    from gpuprop.messages import Cdm
    from gpuprop.screening.assessment import Assessment
    from gpuprop.screening.probability import Probabilities


def pc(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Encounters (.parquet, .csv) or a CDM.")],
    catalog: Annotated[
        str | None, typer.Argument(metavar="CATALOG", help="The catalog that was screened; not for a CDM.")
    ] = None,
    *,
    strict: common.Strict = False,
    report: common.ReportFile = None,
    hard_body_radius_m: analysis.Radius = "5",
    covariance: analysis.Covariance = "none",
    method: analysis.Method = "foster",
    id_: analysis.Ids = None,
    kind: analysis.Kinds = None,
    max_miss_km: analysis.MaxMiss = None,
    min_probability: analysis.MinProbability = None,
    sort: analysis.Sort = "probability",
    top: Annotated[int, typer.Option(min=0, help="How many rows to print.")] = 10,
    output: common.Output = None,
    as_json: common.Json = False,
) -> None:
    """Compute probabilities of collision, or their largest value where covariances are not known.

    The radii of both objects are added; of a CDM the number given is that sum.

    Examples
    --------
    gpuprop pc encounters.parquet sample --covariance coarse-age --top 10
    gpuprop pc encounters.parquet catalog.csv --covariance covariances.csv --min-probability 1e-6 -o pc.csv
    gpuprop pc message.cdm --hard-body-radius-m 15 --json
    """
    if _is_cdm(file):
        _message(file, hard_body_radius_m, method, as_json=as_json)
        return
    if catalog is None:
        raise InputError("encounters need the catalog that was screened as a second argument")
    output_kind = common.output_kind(output)
    began = perf_counter()
    assessment = analysis.read_assessment(
        file,
        common.read_catalog(catalog, strict=strict, report=report),
        radius=hard_body_radius_m,
        covariance=covariance,
        method=method,
    )
    kept = analysis.chosen(
        assessment, ids=id_, kinds=kind, max_miss_km=max_miss_km, min_probability=min_probability
    )
    kept = kept.top(len(kept), by=sort)
    if output_kind is not None and output is not None:
        (kept.to_parquet if output_kind == "parquet" else kept.to_csv)(output)
    if as_json:
        common.print_json(_document(assessment, kept, top, perf_counter() - began, output))
        return
    if top and len(kept):
        common.console().print(_table(kept.top(top, by=sort)))
    typer.echo(
        f"{'encounters':<18} {len(assessment):,} in {perf_counter() - began:.2f} s, {len(kept):,} chosen"
    )
    for note, count in sorted(Counter(kept.probabilities.notes()).items()):
        typer.echo(f"  {count:<9,} {note or 'with a probability'}")
    for label, count in sorted(Counter(kept.covariance).items()):
        typer.echo(f"  {count:<9,} covariance {label}")
    if output is not None:
        typer.echo(f"{'written':<18} {output}")


def _document(
    assessment: Assessment, kept: Assessment, top: int, seconds: float, output: str | None
) -> dict[str, Any]:
    from gpuprop.messages.encounters_json import json_rows

    return {
        "encounters": len(assessment),
        "chosen": len(kept),
        "assessment": dict(assessment.parameters),
        "notes": dict(sorted(Counter(kept.probabilities.notes()).items())),
        "covariances": dict(sorted(Counter(kept.covariance).items())),
        "seconds": seconds,
        "rows": json_rows(kept.to_arrow()[:top]),
        "written": output,
    }


def _is_cdm(file: str) -> bool:
    if not Path(file).is_file():
        raise InputError(f"{file}: no such file")
    with Path(file).open("rb") as stream:
        return b"CCSDS_CDM_VERS" in stream.read(4096)


def _message(file: str, hard_body_radius_m: str, method: analysis.Method, *, as_json: bool) -> None:
    from gpuprop.messages import Cdm

    try:
        radius = float(hard_body_radius_m)
    except ValueError:
        raise InputError("--hard-body-radius-m must be a number for a CDM: the sum of both radii") from None
    message = Cdm.read(file)
    found = message.probability(hard_body_radius_m=radius, method=method)
    if as_json:
        common.print_json(_message_document(message, found))
        return
    names = [
        f"{values['OBJECT_DESIGNATOR']} {values['OBJECT_NAME']}"
        for values in (message.object_1, message.object_2)
    ]
    lines = {
        "objects": " and ".join(names),
        "TCA (UTC)": str(message.tca),
        "miss m": f"{found.miss_distance_m[0]:.3f}",
        "relative m/s": f"{found.relative_speed_m_s[0]:.3f}",
        "sigma m": f"{found.sigma_minor_m[0]:.3f}, {found.sigma_major_m[0]:.3f}",
        "probability": f"{found.probability[0]:.6e}" if not found.note[0] else f"none: {found.notes()[0]}",
        "maximum": f"{found.maximum[0]:.6e}{', diluted' if found.diluted[0] else ''}",
    }
    if "COLLISION_PROBABILITY" in message.relative:
        lines["message says"] = f"{message.relative['COLLISION_PROBABILITY']:.6e}"
    if found.repaired[0]:
        lines["repaired"] = "a covariance that was not positive"
    for name, text in lines.items():
        typer.echo(f"{name:<18} {text}")
    for repair in message.repairs[:5]:
        typer.echo(f"  left out: {repair}")
    if len(message.repairs) > 5:
        typer.echo(f"  and {len(message.repairs) - 5} more")


def _message_document(message: Cdm, found: Probabilities) -> dict[str, Any]:
    return {
        "objects": [one["OBJECT_DESIGNATOR"] for one in (message.object_1, message.object_2)],
        "tca": f"{message.tca}Z",
        "miss_distance_m": float(found.miss_distance_m[0]),
        "relative_speed_m_s": float(found.relative_speed_m_s[0]),
        "sigma_m": [float(found.sigma_minor_m[0]), float(found.sigma_major_m[0])],
        "probability": None if found.note[0] else float(found.probability[0]),
        "maximum": float(found.maximum[0]),
        "diluted": bool(found.diluted[0]),
        "note": found.notes()[0],
        "message_says": message.relative.get("COLLISION_PROBABILITY"),
        "repaired": bool(found.repaired[0]),
        "repairs": [str(repair) for repair in message.repairs],
    }


def _table(assessment: Assessment) -> Table:
    import numpy as np
    from rich import box
    from rich.table import Table

    encounters, found = assessment.encounters, assessment.probabilities
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    cells = {
        "TCA (UTC)": np.datetime_as_string(encounters.tca, unit="ms").tolist(),
        "id 1": encounters.norad_id_1.astype(str).tolist(),
        "id 2": encounters.norad_id_2.astype(str).tolist(),
        "miss km": [f"{distance:.3f}" for distance in encounters.miss_distance_km],
        "km/s": [f"{speed:.3f}" for speed in encounters.relative_speed_km_s],
        "probability": ["-" if np.isnan(p) else f"{p:.3e}" for p in found.probability],
        "maximum": ["-" if np.isnan(p) else f"{p:.3e}" for p in found.maximum],
        "diluted": ["yes" if diluted else "" for diluted in found.diluted],
        "covariance": list(assessment.covariance),
        "note": found.notes(),
    }
    for heading, texts in cells.items():
        left = heading in ("TCA (UTC)", "diluted", "covariance", "note")
        # On a narrow terminal notes give way, numbers do not.
        width = None if heading == "note" else max(map(len, [heading, *texts]))
        table.add_column(heading, justify="left" if left else "right", no_wrap=True, min_width=width)
    for row in zip(*cells.values(), strict=True):
        table.add_row(*row)
    return table
