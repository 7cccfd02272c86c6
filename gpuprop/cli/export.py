"""``gpuprop export``: messages for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from gpuprop.cli import analysis, common
from gpuprop.errors import InputError

if TYPE_CHECKING:
    from gpuprop.catalog import Catalog
    from gpuprop.encounter_table import Encounters
    from gpuprop.screening.assessment import Assessment

_MOST_MESSAGES = 10_000
_MOST_PATHS = 1000


def export(
    file: common.File,
    *,
    form: Annotated[
        Literal["cdm", "cdm-xml", "czml", "json", "oem"],
        typer.Option(
            "--format", help="CDM (KVN or XML) or JSON of encounters, OEM of objects, CZML of both."
        ),
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", help="File for czml, json and oem, folder for CDMs.")
    ],
    encounters: Annotated[
        str | None, typer.Option(help="Encounters of this catalog (.parquet, .csv); not for oem.")
    ] = None,
    hard_body_radius_m: analysis.Radius = "5",
    covariance: analysis.Covariance = "none",
    method: analysis.Method = "foster",
    id_: analysis.Ids = None,
    kind: analysis.Kinds = None,
    max_miss_km: analysis.MaxMiss = None,
    min_probability: analysis.MinProbability = None,
    sort: analysis.Sort = "tca",
    top: Annotated[int | None, typer.Option(min=1, help="Only the first so many in that order.")] = None,
    start: Annotated[str | None, typer.Option(help="First instant of an oem or czml, ISO 8601.")] = None,
    stop: Annotated[str | None, typer.Option(help="Last instant of an oem or czml.")] = None,
    hours: common.Hours = None,
    step_s: Annotated[float, typer.Option(help="Seconds between the states of an oem.")] = 60.0,
    strict: common.Strict = False,
    report: common.ReportFile = None,
    mode: common.Mode = "afspc",
    originator: Annotated[str, typer.Option(help="Who sends the message.")] = "gpuprop",
    frame: Annotated[
        Literal["fixed", "inertial"], typer.Option(help="Axes of a czml: turning with the Earth, or GCRF.")
    ] = "fixed",
    as_json: common.Json = False,
) -> None:
    """Write encounters as CDMs or JSON, states of objects as an OEM, or a scene of both as CZML.

    Examples
    --------
    gpuprop export sample --format json --encounters encounters.parquet -o encounters.json
    gpuprop export sample --format cdm --encounters e.parquet --covariance coarse-age --top 5 -o messages/
    gpuprop export sample --format oem --id 25544 --start 2024-11-01 --hours 3 -o iss.oem
    gpuprop export sample --format czml --encounters encounters.parquet --top 20 -o scene.czml
    """
    catalog = common.read_catalog(file, strict=strict, report=report)
    if form == "oem":
        times = _times(start, stop, hours, step_s)
        count = _oem(catalog.select(ids=id_ or []), output, times, mode, originator)
    elif form == "czml" and encounters is None:
        window = _window(start, stop, hours, {})
        count = _czml(catalog.select(ids=id_ or []), None, output, frame=frame, mode=mode, **window)
    else:
        if encounters is None:
            raise InputError(
                f"--format {form} needs --encounters, a file that 'gpuprop screen --output' wrote"
            )
        assessment = analysis.read_assessment(
            encounters, catalog, radius=hard_body_radius_m, covariance=covariance, method=method
        )
        kept = analysis.chosen(
            assessment, ids=id_, kinds=kind, max_miss_km=max_miss_km, min_probability=min_probability
        )
        kept = kept.top(len(kept) if top is None else top, by=sort)
        count = len(kept)
        if form == "json":
            _json(kept, catalog, output)
        elif form == "czml":
            met = sorted({*kept.encounters.norad_id_1.tolist(), *kept.encounters.norad_id_2.tolist()})
            window = _window(start, stop, hours, kept.encounters.parameters)
            _czml(catalog.select(ids=met), kept.encounters, output, frame=frame, **window)
        else:
            _cdms(kept, catalog, output, covariance, originator, xml=form == "cdm-xml")
    if as_json:
        common.print_json({"format": form, "written": output, "count": count})
        return
    what = "objects" if form == "oem" or encounters is None else "encounters"
    typer.echo(f"{'written':<18} {output}: {count:,} {what}")


def _json(assessment: Assessment, catalog: Catalog, output: str) -> None:
    from gpuprop.atomic_write import atomic_path
    from gpuprop.messages import encounters_to_json

    text = encounters_to_json(assessment, catalog)
    with atomic_path(output) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _czml(catalog: Catalog, encounters: Encounters | None, output: str, **options: Any) -> int:
    from gpuprop.atomic_write import atomic_path
    from gpuprop.messages import catalog_czml

    if not len(catalog):
        raise InputError("--format czml needs objects: --id, once for each, or --encounters with some left")
    if len(catalog) > _MOST_PATHS:
        raise InputError(
            f"{len(catalog):,} objects are more than a globe can show ({_MOST_PATHS:,}); "
            "choose fewer by --top, --id or --max-miss-km"
        )
    text = catalog_czml(catalog, encounters=encounters, **options)
    with atomic_path(output) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return len(catalog)


def _window(start: str | None, stop: str | None, hours: float | None, asked: Any) -> dict[str, Any]:
    """Return what the options say, or else the window of the screening."""
    import numpy as np

    if hours is not None and start is not None:
        ends = common.window_ns(start, stop, hours)
        return dict(zip(("start", "stop"), np.array(ends, "datetime64[ns]"), strict=True))
    bounds = {"start": start or asked.get("start"), "stop": stop or asked.get("stop")}
    if hours is not None or None in bounds.values():
        raise InputError("--format czml needs --start and --stop or --hours")
    return bounds


def _cdms(
    assessment: Assessment, catalog: Catalog, output: str, covariance: str, originator: str, *, xml: bool
) -> None:
    from gpuprop.messages import encounter_cdms

    folder = Path(output)
    if not folder.is_dir():
        raise InputError(f"--output {output}: not a folder; create it first")
    if len(assessment) > _MOST_MESSAGES:
        raise InputError(
            f"{len(assessment):,} messages, each a file, are more than {_MOST_MESSAGES:,}; "
            "choose fewer by --top, --id or --max-miss-km"
        )
    given: Any = analysis.covariances(covariance, catalog)
    if given is None:
        raise InputError(
            "a CDM must have covariances: give --covariance, a file of (6, 6) in an OEM, or 'coarse-age' "
            "for modelled ones that are marked as such"
        )
    for message in encounter_cdms(assessment, catalog, covariance=given, originator=originator):
        name = message.header["MESSAGE_ID"].replace(":", "").replace("/", "_")
        message.write(folder / f"{name}.{'xml' if xml else 'cdm'}")


def _times(start: str | None, stop: str | None, hours: float | None, step_s: float) -> Any:
    from gpuprop.cli.propagate import grid

    if start is None:
        raise InputError("--format oem needs --start and --stop or --hours")
    return grid(*common.window_ns(start, stop, hours), step_s).view("datetime64[ns]")


def _oem(catalog: Catalog, output: str, times: Any, mode: Any, originator: str) -> int:
    from gpuprop.messages import catalog_oem

    if not len(catalog):
        raise InputError("--format oem needs the objects: --id, once for each")
    message = catalog_oem(catalog, times, mode=mode, originator=originator)
    message.write(output)
    return len(message.segments)
