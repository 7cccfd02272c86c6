"""``gpuprop watch``: objects that stay near an asset."""

from __future__ import annotations

from collections import Counter
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from gpuprop.cli import common, quantities
from gpuprop.cli.screen import describe_failures

if TYPE_CHECKING:
    from rich.table import Table

    from gpuprop.catalog import Catalog
    from gpuprop.proximity_table import ProximityEpisodes

Sort = Annotated[
    Literal["range_mean_km", "range_min_km", "dwell_s", "relative_speed_mean_km_s"],
    typer.Option(help="Order of what is printed: nearest, slowest or longest first."),
]


def watch(
    file: common.File,
    *,
    start: common.Start,
    stop: Annotated[str | None, typer.Option(help="End of the window, not included.")] = None,
    hours: common.Hours = None,
    assets: Annotated[
        str,
        typer.Option(
            metavar="FILE|IDS",
            help="What is watched: 25544,48274 or a file with one catalog number a line; 'all' for all.",
        ),
    ],
    range_: Annotated[str, typer.Option("--range", help="Largest distance, in km or m: 200km.")] = "200km",
    speed: Annotated[str, typer.Option(help="Largest relative speed, in m/s or km/s: 10m/s.")] = "10m/s",
    dwell: Annotated[str, typer.Option(help="Shortest stay, in s, min, h or d: 1d.")] = "1d",
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
    sort: Sort = "range_mean_km",
    top: Annotated[int, typer.Option(min=0, help="How many episodes to print.")] = 20,
    as_json: common.Json = False,
) -> None:
    """Find the objects that stay near an asset: within a range, below a relative speed, for a time.

    Examples
    --------
    gpuprop watch sample --start 2024-11-01 --hours 72 --assets 26824,28358 --range 200km --speed 10m/s
    gpuprop watch sample --start 2024-11-01 --hours 6 --assets 25544 --range 10km --dwell 2h
    gpuprop watch catalog.csv --start 2026-03-01 --stop 2026-03-08 --assets fleet.txt -o episodes.parquet
    """
    kind = common.output_kind(output)
    rule = {
        "range_km": quantities.length_km(range_, "--range"),
        "relative_speed_km_s": quantities.speed_km_s(speed, "--speed"),
        "dwell_s": quantities.time_s(dwell, "--dwell"),
    }
    watched = None if assets == "all" else quantities.catalog_numbers(assets, "--assets")
    first, last = common.window_ns(start, stop, hours)
    catalog = common.read_catalog(file, strict=strict, report=report)
    import numpy as np

    from gpuprop import watch as find_episodes

    began = perf_counter()
    with common.progress_bar("watch") as progress:
        episodes = find_episodes(
            catalog,
            np.datetime64(first, "ns"),
            np.datetime64(last, "ns"),
            assets=watched,
            engine=engine,
            mode=mode,
            step_s=step_s,
            max_memory=max_memory,
            progress=progress,
            **rule,
        )
    seconds = perf_counter() - began
    if kind is not None and output is not None:
        (episodes.to_parquet if kind == "parquet" else episodes.to_csv)(output)
    shown = _first(episodes, sort, top)
    if as_json:
        common.print_json(_document(catalog, episodes, shown, seconds, output))
        return
    if len(shown):
        common.console().print(_table(shown))
    for line in common.describe_catalog(catalog) + describe_failures(episodes.report):
        typer.echo(line)
    typer.echo(f"{'episodes':<18} {len(episodes):,} in {seconds:.2f} s")
    for name, count in sorted(Counter(episodes.kind.tolist()).items()):
        typer.echo(f"  {name:<16} {count:,}")
    if output is not None:
        typer.echo(f"{'written':<18} {output}")


def _first(episodes: ProximityEpisodes, sort: str, top: int) -> Any:
    """Return the episodes to print, as an Arrow table."""
    import numpy as np

    key = -episodes.dwell_s if sort == "dwell_s" else episodes[sort]
    return episodes.to_arrow().take(np.argsort(key, kind="stable")[:top])


def _document(
    catalog: Catalog, episodes: ProximityEpisodes, shown: Any, seconds: float, output: str | None
) -> dict[str, Any]:
    from gpuprop.messages.encounters_json import failed_objects, json_rows

    return {
        "catalog": common.catalog_facts(catalog),
        "parameters": dict(episodes.parameters),
        "failed_objects": failed_objects(episodes),
        "episodes": len(episodes),
        "kinds": dict(sorted(Counter(episodes.kind.tolist()).items())),
        "seconds": seconds,
        "shown": json_rows(shown),
        "written": output,
    }


def _table(shown: Any) -> Table:
    from rich import box
    from rich.table import Table

    column = {name: shown[name].to_pylist() for name in shown.column_names}
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    cells = {
        "asset": list(map(str, column["norad_id_1"])),
        "name": list(map(common.printable, column["name_1"])),
        "neighbour": list(map(str, column["norad_id_2"])),
        "its name": list(map(common.printable, column["name_2"])),
        "dwell h": [f"{seconds / 3600:.2f}" for seconds in column["dwell_s"]],
        "min km": [f"{value:.3f}" for value in column["range_min_km"]],
        "mean km": [f"{value:.3f}" for value in column["range_mean_km"]],
        "max km": [f"{value:.3f}" for value in column["range_max_km"]],
        "m/s": [f"{1e3 * value:.2f}" for value in column["relative_speed_mean_km_s"]],
        "km/day": [f"{value:+.2f}" for value in column["range_rate_km_day"]],
        "trend": column["trend"],
        "kind": column["kind"],
    }
    for heading, texts in cells.items():
        # On a narrow terminal names give way, numbers do not.
        name = heading in ("name", "its name")
        width = None if name else max(map(len, [heading, *texts]))
        left = name or heading in ("trend", "kind")
        table.add_column(heading, justify="left" if left else "right", no_wrap=True, min_width=width)
    for row in zip(*cells.values(), strict=True):
        table.add_row(*row)
    return table
