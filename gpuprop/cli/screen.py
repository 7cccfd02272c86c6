"""``gpuprop screen``: close approaches of the objects of a catalog."""

from __future__ import annotations

from collections import Counter
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

import gpuprop
from gpuprop.cli import common, runs, selection
from gpuprop.errors import InputError

if TYPE_CHECKING:
    from rich.table import Table

    from gpuprop.catalog import Catalog
    from gpuprop.encounter_table import Encounters, FailedObject


def screen(
    file: common.File,
    *,
    start: common.Start,
    stop: Annotated[str | None, typer.Option(help="End of the window, not included.")] = None,
    hours: common.Hours = None,
    threshold_km: Annotated[
        float | None, typer.Option(help="Report encounters closer than this; 5 if left out.")
    ] = None,
    volume: selection.VolumeOption = None,
    primaries: selection.Primaries = None,
    secondaries: selection.Secondaries = None,
    exclude: selection.Exclude = None,
    ephemeris: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OEM", help="Screen the objects of this ephemeris message too; may be repeated."
        ),
    ] = None,
    strict: common.Strict = False,
    report: common.ReportFile = None,
    mode: common.Mode = "afspc",
    engine: common.Engine = "auto",
    step_s: Annotated[
        float | None, typer.Option(help="Step of the search; chosen by cost if left out.")
    ] = None,
    max_memory: Annotated[
        str | None, typer.Option(help="Bound on working memory, like 2GB; 1 GiB if left out.")
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            help="Write all rows to a .parquet or .csv file, or to a folder, block by block as they are "
            "found, so that a long run can be interrupted.",
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in the folder.")] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Compute in so many processes; needs gpuprop[distributed].")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Compute on the workers of this dask scheduler.")
    ] = None,
    top: Annotated[int, typer.Option(min=0, help="How many encounters to print.")] = 10,
    sort: Annotated[
        Literal["miss_distance_km", "relative_speed_km_s", "tca"],
        typer.Option(help="Print the closest, the fastest or the earliest."),
    ] = "miss_distance_km",
    max_miss_km: Annotated[
        float | None, typer.Option(help="Print only miss distances up to this; the file has all.")
    ] = None,
    as_json: common.Json = False,
) -> None:
    """Find every encounter within a threshold or volume; print the closest passes and a summary.

    The printed table leaves out pairs that travel together, such as docked spacecraft; the file has them all.

    Examples
    --------
    gpuprop screen sample --start 2024-11-01T00:00:00Z --hours 24
    gpuprop screen catalog.csv --start 2026-03-01 --stop 2026-03-08 --threshold-km 10 -o encounters.parquet
    gpuprop screen catalog.csv --start 2026-03-01 --hours 24 --primaries 25544,48274 --threshold-km 25
    gpuprop screen catalog.tle --start 2026-03-01 --hours 24 --engine cuda --json
    gpuprop screen catalog.tle --start 2026-03-01 --hours 720 --output march --resume --workers 2
    """
    folder = runs.folder_of(output, resume=resume)
    kind = None if folder is not None else common.output_kind(output)
    first, last = common.window_ns(start, stop, hours)
    if volume and threshold_km is not None:
        raise InputError("give --threshold-km or --volume, not both")
    if ephemeris and (folder is not None or workers is not None or scheduler is not None):
        raise InputError(
            "--ephemeris goes with one process and a .parquet or .csv file; leave out folder and workers"
        )
    options: dict[str, Any] = {
        **selection.exclusions(exclude),
        "primaries": selection.objects(primaries, "--primaries"),
        "secondaries": selection.objects(secondaries, "--secondaries"),
        "volume": selection.volume(volume),
        "threshold_km": 5.0 if threshold_km is None else threshold_km,
        "engine": engine,
        "mode": mode,
        "step_s": step_s,
        "max_memory": max_memory,
    }
    catalog = common.read_catalog(file, strict=strict, report=report)
    import numpy as np

    ephemerides = [one for oem in ephemeris or () for one in gpuprop.read_ephemerides(oem, catalog=catalog)]
    window = np.datetime64(first, "ns"), np.datetime64(last, "ns")
    where: dict[str, Any] = {"workers": workers, "scheduler": scheduler}
    pick = partial(_first, top=top, sort=sort, max_miss_km=max_miss_km)
    began = perf_counter()
    with runs.interruptible(folder), common.progress_bar("screen") as options["progress"]:
        if folder is not None:
            options |= where | {"resume": resume}
            output = str(gpuprop.screen_to(folder, catalog, *window, **options))
            shown, kinds = runs.picked(output, pick), runs.kinds(output)
        else:
            find = partial(gpuprop.screen, ephemerides=ephemerides)
            if workers is not None or scheduler is not None:
                find = partial(runs.on_workers, **where)
            encounters = find(catalog, *window, **options)
            shown, kinds = pick(encounters), Counter(encounters.kind.tolist())
    seconds = perf_counter() - began
    if kind is not None and output is not None:
        (encounters.to_parquet if kind == "parquet" else encounters.to_csv)(output)
    if as_json:
        common.print_json(_document(catalog, shown, kinds, seconds, output))
        return
    if len(shown):
        common.console().print(_table(shown, sort))
    for line in common.describe_catalog(catalog):
        typer.echo(line)
    for line in selection.describe(shown):
        typer.echo(line)
    for line in _describe(shown, kinds, seconds):
        typer.echo(line)
    if output is not None:
        typer.echo(f"{'written':<18} {output}")


def _first(encounters: Encounters, *, top: int, sort: str, max_miss_km: float | None) -> Encounters:
    """Return the first few passes by a column; the table is in the order of TCA."""
    import numpy as np

    passes = _passes(encounters, max_miss_km)
    if sort == "tca":
        return passes.select(mask=np.arange(len(passes)) < top)
    if sort == "miss_distance_km":
        return passes.closest(top)
    mask = np.zeros(len(passes), bool)
    mask[np.argsort(-passes.relative_speed_km_s, kind="stable")[:top]] = True
    return passes.select(mask=mask)


def _passes(encounters: Encounters, max_miss_km: float | None) -> Encounters:
    """Leave out pairs that never part: docked ones would fill every list of the closest."""
    import numpy as np

    never_part = np.isnat(encounters.enter) & np.isnat(encounters.exit)
    keep = ~(never_part | np.isin(encounters.kind, ("identical", "co-orbital")))
    if max_miss_km is not None:
        keep &= encounters.miss_distance_km <= max_miss_km
    return encounters.select(mask=keep)


def _document(
    catalog: Catalog, shown: Encounters, kinds: Counter[str], seconds: float, output: str | None
) -> dict[str, Any]:
    from gpuprop.messages.encounters_json import failed_objects, json_rows

    return {
        "catalog": common.catalog_facts(catalog),
        "parameters": dict(shown.parameters),
        "failed_objects": failed_objects(shown),
        "encounters": kinds.total(),
        "kinds": dict(sorted(kinds.items())),
        "seconds": seconds,
        "closest": json_rows(shown.to_arrow()),
        "written": output,
    }


def describe_failures(report: tuple[FailedObject, ...]) -> list[str]:
    """Say which objects failed, and when."""
    lines = [f"{'failed objects':<18} {len(report):,}"]
    for failed in report[:5]:
        since = "never usable" if failed.first_failed_time is None else f"from {failed.first_failed_time}Z"
        lines.append(f"  {failed.norad_id} {common.printable(failed.name)}: {since}; {failed.meaning}")
    if len(report) > 5:
        lines.append(f"  and {len(report) - 5:,} more")
    return lines


def _describe(passes: Encounters, kinds: Counter[str], seconds: float) -> list[str]:
    lines = describe_failures(passes.report)
    lines.append(f"{'encounters':<18} {kinds.total():,} in {seconds:.2f} s")
    lines += [f"  {kind:<16} {count:,}" for kind, count in sorted(kinds.items())]
    return lines


_TITLES = {"miss_distance_km": "Closest", "relative_speed_km_s": "Fastest", "tca": "Earliest"}


def _table(encounters: Encounters, sort: str) -> Table:
    import numpy as np
    from rich import box
    from rich.table import Table

    table = Table(
        title=f"{_TITLES[sort]} encounters, pairs that travel together left out",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    cells = {
        "TCA (UTC)": np.datetime_as_string(encounters.tca, unit="ms").tolist(),
        "id 1": [str(number) for number in encounters.norad_id_1],
        "name 1": [common.printable(name) for name in encounters.name_1],
        "id 2": [str(number) for number in encounters.norad_id_2],
        "name 2": [common.printable(name) for name in encounters.name_2],
        "miss km": [f"{distance:.3f}" for distance in encounters.miss_distance_km],
        "km/s": [f"{speed:.3f}" for speed in encounters.relative_speed_km_s],
        "kind": encounters.kind.tolist(),
    }
    for heading, texts in cells.items():
        # On a narrow terminal names give way, numbers do not.
        width = None if heading.startswith("name") else max(map(len, [heading, *texts]))
        right = heading in ("id 1", "id 2", "miss km", "km/s")
        table.add_column(heading, justify="right" if right else "left", no_wrap=True, min_width=width)
    for row in zip(*cells.values(), strict=True):
        table.add_row(*row)
    return table
