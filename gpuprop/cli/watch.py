"""``gpuprop watch``: objects that stay near an asset."""

from __future__ import annotations

from collections import Counter
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gpuprop.cli import common, quantities
from gpuprop.cli.screen import describe_failures, window

if TYPE_CHECKING:
    from rich.table import Table

    from gpuprop.proximity_table import ProximityEpisodes

Sort = Annotated[
    Literal["range_mean_km", "range_min_km", "dwell_s", "relative_speed_mean_km_s"],
    typer.Option(help="Order of what is printed: nearest, slowest or longest first."),
]


def watch(
    file: common.File,
    *,
    start: Annotated[str, typer.Option(help="Start of the window, ISO 8601; UTC unless it has an offset.")],
    stop: Annotated[str | None, typer.Option(help="End of the window, not included.")] = None,
    hours: Annotated[float | None, typer.Option(help="Length of the window, in place of --stop.")] = None,
    assets: Annotated[
        str,
        typer.Option(
            metavar="FILE|IDS",
            help="What is watched: 25544,48274 or a file with one catalog number a line; 'all' for everything.",
        ),
    ],
    range_: Annotated[
        str, typer.Option("--range", help="Largest distance, in km or m: 200km.")
    ] = "200km",
    speed: Annotated[str, typer.Option(help="Largest relative speed, in m/s or km/s: 10m/s.")] = "10m/s",
    dwell: Annotated[str, typer.Option(help="Shortest stay, in s, min, h or d: 1d.")] = "1d",
    mode: common.Mode = "afspc",
    engine: common.Engine = "auto",
    step_s: Annotated[
        float | None, typer.Option(help="Step of the search; chosen by cost if left out.")
    ] = None,
    max_memory: Annotated[
        str | None, typer.Option(help="Bound on working memory, like 2GB; 1 GiB if left out.")
    ] = None,
    output: Annotated[str | None, typer.Option(help="Write all episodes to a .parquet or .csv file.")] = None,
    sort: Sort = "range_mean_km",
    top: Annotated[int, typer.Option(min=0, help="How many episodes to print.")] = 20,
) -> None:
    """Find the objects that stay near an asset: within a range, below a relative speed, for a time."""
    kind = common.output_kind(output)
    rule = {
        "range_km": quantities.length_km(range_, "--range"),
        "relative_speed_km_s": quantities.speed_km_s(speed, "--speed"),
        "dwell_s": quantities.time_s(dwell, "--dwell"),
    }
    watched = None if assets == "all" else quantities.catalog_numbers(assets, "--assets")
    begin, end = window(start, stop, hours)
    catalog = common.read_catalog(file)
    from gpuprop import watch as find_episodes

    began = perf_counter()
    with common.progress_bar("watch") as progress:
        episodes = find_episodes(
            catalog,
            begin,
            end,
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
    if top and len(episodes):
        common.console().print(_table(episodes, sort, top))
    for line in common.describe_catalog(catalog) + describe_failures(episodes.report):
        typer.echo(line)
    typer.echo(f"{'episodes':<18} {len(episodes):,} in {seconds:.2f} s")
    for name, count in sorted(Counter(episodes.kind.tolist()).items()):
        typer.echo(f"  {name:<16} {count:,}")
    if output is not None:
        typer.echo(f"{'written':<18} {output}")


def _table(episodes: ProximityEpisodes, sort: str, top: int) -> Table:
    import numpy as np
    from rich import box
    from rich.table import Table

    order = np.argsort(-episodes.dwell_s if sort == "dwell_s" else episodes[sort], kind="stable")[:top]
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    cells = {
        "asset": episodes.norad_id_1[order].astype(str).tolist(),
        "name": [common.printable(name) for name in episodes.name_1[order]],
        "neighbour": episodes.norad_id_2[order].astype(str).tolist(),
        "its name": [common.printable(name) for name in episodes.name_2[order]],
        "dwell h": [f"{seconds / 3600:.2f}" for seconds in episodes.dwell_s[order]],
        "min km": [f"{value:.3f}" for value in episodes.range_min_km[order]],
        "mean km": [f"{value:.3f}" for value in episodes.range_mean_km[order]],
        "max km": [f"{value:.3f}" for value in episodes.range_max_km[order]],
        "m/s": [f"{1e3 * value:.2f}" for value in episodes.relative_speed_mean_km_s[order]],
        "km/day": [f"{value:+.2f}" for value in episodes.range_rate_km_day[order]],
        "trend": episodes.trend[order].tolist(),
        "kind": episodes.kind[order].tolist(),
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
