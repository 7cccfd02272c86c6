"""``gpuprop screen``: close approaches of the objects of a catalog."""

from __future__ import annotations

from collections import Counter
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from gpuprop.cli import common, selection
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
    output: common.Output = None,
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
    """
    kind = common.output_kind(output)
    first, last = common.window_ns(start, stop, hours)
    if volume and threshold_km is not None:
        raise InputError("give --threshold-km or --volume, not both")
    options = selection.exclusions(exclude)
    options |= {
        "primaries": selection.objects(primaries, "--primaries"),
        "secondaries": selection.objects(secondaries, "--secondaries"),
        "volume": selection.volume(volume),
    }
    catalog = common.read_catalog(file, strict=strict, report=report)
    import numpy as np

    from gpuprop import read_ephemerides
    from gpuprop import screen as find_encounters

    ephemerides = [one for oem in ephemeris or () for one in read_ephemerides(oem, catalog=catalog)]

    began = perf_counter()
    with common.progress_bar("screen") as progress:
        encounters = find_encounters(
            catalog,
            np.datetime64(first, "ns"),
            np.datetime64(last, "ns"),
            threshold_km=5.0 if threshold_km is None else threshold_km,
            ephemerides=ephemerides,
            **options,
            engine=engine,
            mode=mode,
            step_s=step_s,
            max_memory=max_memory,
            progress=progress,
        )
    seconds = perf_counter() - began
    if kind is not None and output is not None:
        (encounters.to_parquet if kind == "parquet" else encounters.to_csv)(output)
    passes = _passes(encounters, max_miss_km)
    shown = _first(passes, top, sort)
    if as_json:
        common.print_json(_document(catalog, encounters, shown, seconds, output))
        return
    if top and len(passes):
        common.console().print(_table(shown, sort))
    for line in common.describe_catalog(catalog):
        typer.echo(line)
    for line in selection.describe(encounters):
        typer.echo(line)
    for line in _describe(encounters, seconds):
        typer.echo(line)
    if output is not None:
        typer.echo(f"{'written':<18} {output}")


def _first(passes: Encounters, top: int, sort: str) -> Encounters:
    """Return the first few by a column; the table is in the order of TCA."""
    import numpy as np

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
    catalog: Catalog, encounters: Encounters, shown: Encounters, seconds: float, output: str | None
) -> dict[str, Any]:
    from gpuprop.messages.encounters_json import failed_objects, json_rows

    return {
        "catalog": common.catalog_facts(catalog),
        "parameters": dict(encounters.parameters),
        "failed_objects": failed_objects(encounters),
        "encounters": len(encounters),
        "kinds": dict(sorted(Counter(encounters.kind.tolist()).items())),
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


def _describe(encounters: Encounters, seconds: float) -> list[str]:
    lines = describe_failures(encounters.report)
    lines.append(f"{'encounters':<18} {len(encounters):,} in {seconds:.2f} s")
    lines += [f"  {kind:<16} {count:,}" for kind, count in sorted(Counter(encounters.kind.tolist()).items())]
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
