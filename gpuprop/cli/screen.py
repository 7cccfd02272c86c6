"""``gpuprop screen``: close approaches of all objects of a catalog against all others."""

from __future__ import annotations

from collections import Counter
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

import gpuprop
from gpuprop.cli import common, runs
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
    threshold_km: Annotated[float, typer.Option(help="Report encounters closer than this.")] = 5.0,
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
    top: Annotated[int, typer.Option(min=0, help="How many of the closest encounters to print.")] = 10,
    as_json: common.Json = False,
) -> None:
    """Find every encounter closer than a threshold; print the closest passes and a summary.

    The printed table leaves out pairs that travel together, such as docked spacecraft; the file has them all.

    Examples
    --------
    gpuprop screen sample --start 2024-11-01T00:00:00Z --hours 24
    gpuprop screen catalog.csv --start 2026-03-01 --stop 2026-03-08 --threshold-km 10 -o encounters.parquet
    gpuprop screen catalog.tle --start 2026-03-01 --hours 24 --engine cuda --json
    gpuprop screen catalog.tle --start 2026-03-01 --hours 720 --output march --resume --workers 2
    """
    folder = runs.folder_of(output, resume=resume)
    kind = None if folder is not None else common.output_kind(output)
    first, last = common.window_ns(start, stop, hours)
    catalog = common.read_catalog(file, strict=strict, report=report)
    import numpy as np

    if ephemeris and (folder is not None or workers is not None or scheduler is not None):
        raise InputError(
            "--ephemeris goes with one process and a .parquet or .csv file; leave out folder and workers"
        )
    ephemerides = [one for oem in ephemeris or () for one in gpuprop.read_ephemerides(oem, catalog=catalog)]
    began = perf_counter()
    window = np.datetime64(first, "ns"), np.datetime64(last, "ns")
    where = {"workers": workers, "scheduler": scheduler}
    options: dict[str, Any] = {
        "threshold_km": threshold_km,
        "engine": engine,
        "mode": mode,
        "step_s": step_s,
        "max_memory": max_memory,
    }
    with runs.interruptible(folder), common.progress_bar("screen") as options["progress"]:
        if folder is not None:
            output = str(gpuprop.screen_to(folder, catalog, *window, resume=resume, **options | where))
            passes, kinds = runs.closest(output, top, _passes), runs.kinds(output)
        else:
            here = workers is None and scheduler is None
            find = partial(runs.on_workers, **where)
            if here:
                find = partial(gpuprop.screen, ephemerides=ephemerides)
            encounters = find(catalog, *window, **options)
            passes, kinds = _passes(encounters), Counter(encounters.kind.tolist())
    seconds = perf_counter() - began
    if kind is not None and output is not None:
        (encounters.to_parquet if kind == "parquet" else encounters.to_csv)(output)
    if as_json:
        common.print_json(_document(catalog, passes.closest(top), kinds, seconds, output))
        return
    if top and len(passes):
        common.console().print(_table(passes.closest(top)))
    for line in common.describe_catalog(catalog):
        typer.echo(line)
    for line in _describe(passes, kinds, seconds):
        typer.echo(line)
    if output is not None:
        typer.echo(f"{'written':<18} {output}")


def _passes(encounters: Encounters) -> Encounters:
    """Leave out pairs that never part: docked ones would fill every list of the closest."""
    import numpy as np

    never_part = np.isnat(encounters.enter) & np.isnat(encounters.exit)
    return encounters.select(mask=~(never_part | np.isin(encounters.kind, ("identical", "co-orbital"))))


def _document(
    catalog: Catalog, closest: Encounters, kinds: Counter[str], seconds: float, output: str | None
) -> dict[str, Any]:
    from gpuprop.messages.encounters_json import failed_objects, json_rows

    return {
        "catalog": common.catalog_facts(catalog),
        "parameters": dict(closest.parameters),
        "failed_objects": failed_objects(closest),
        "encounters": kinds.total(),
        "kinds": dict(sorted(kinds.items())),
        "seconds": seconds,
        "closest": json_rows(closest.to_arrow()),
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


def _table(encounters: Encounters) -> Table:
    import numpy as np
    from rich import box
    from rich.table import Table

    table = Table(
        title="Closest encounters, pairs that travel together left out",
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
