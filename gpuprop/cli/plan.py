"""``gpuprop plan``: what a screening will need, before it is run."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from gpuprop.cli import common


def plan(
    file: common.File,
    *,
    start: common.Start,
    stop: Annotated[str | None, typer.Option(help="End of the window, not included.")] = None,
    hours: common.Hours = None,
    threshold_km: Annotated[float, typer.Option(help="Report encounters closer than this.")] = 5.0,
    mode: common.Mode = "afspc",
    engine: common.Engine = "auto",
    step_s: Annotated[
        float | None, typer.Option(help="Step of the search; chosen by cost if left out.")
    ] = None,
    max_memory: Annotated[
        str | None, typer.Option(help="Bound on working memory, like 2GB; 1 GiB if left out.")
    ] = None,
    strict: common.Strict = False,
    report: common.ReportFile = None,
    as_json: common.Json = False,
) -> None:
    """Print into what a screening will be cut, and what memory, disk and time it will take here.

    Some steps are tried, for about a second, after what the first run on a machine compiles.

    Examples
    --------
    gpuprop plan sample --start 2024-11-01 --hours 168
    gpuprop plan catalog.csv --start 2026-03-01 --hours 24 --threshold-km 10 --max-memory 4GB
    """
    from gpuprop.screening.forecast import forecast
    from gpuprop.screening.job import Job

    first, last = common.window_ns(start, stop, hours)
    job = Job(
        common.read_catalog(file, strict=strict, report=report),
        first,
        last,
        threshold_km=threshold_km,
        engine=engine,
        mode=mode,
        step_s=step_s,
        max_memory=max_memory,
    )
    forecast(job)  # the first trial compiles
    found = forecast(job)
    if as_json:
        common.print_json(asdict(found))
        return
    where = "on the GPU" if found.engine == "cuda" else f"on {found.threads} threads"
    rows = {
        "objects": f"{found.n_objects:,}",
        "steps": f"{found.n_steps:,} of {found.step_s:g} s, {found.steps_at_once} at once",
        "time blocks": f"{found.n_blocks:,} of {found.steps_per_block} steps",
        "memory": f"{found.memory_bytes / 1e9:.2f} GB at most",
        "encounters": f"about {found.n_encounters:,}",
        "disk": f"about {found.disk_bytes / 1e6:,.0f} MB in a folder",
        "time": f"about {_duration(found.seconds)} {where}",
    }
    for label, value in rows.items():
        typer.echo(f"{label:<14} {value}")


def _duration(seconds: float) -> str:
    for unit, length in (("days", 86_400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.1f} s"
