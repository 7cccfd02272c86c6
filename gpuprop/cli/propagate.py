"""``gpuprop propagate``: states of every object of a catalog at given times."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from gpuprop.cli import common
from gpuprop.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from gpuprop.catalog import Catalog
    from gpuprop.propagation import Engine, Mode
    from gpuprop.states import States

STATES_PER_BLOCK = 500_000  # some 60 MB of states and columns at a time, whatever the size of the run


def propagate(
    file: common.File,
    *,
    start: Annotated[
        str | None, typer.Option(help="First instant, ISO 8601; UTC unless it has an offset.")
    ] = None,
    stop: Annotated[str | None, typer.Option(help="Last instant; included if a step falls on it.")] = None,
    hours: common.Hours = None,
    step_s: Annotated[float, typer.Option(help="Seconds between instants.")] = 60.0,
    times: Annotated[
        str | None, typer.Option(help="File of instants, one a line, in place of a grid.")
    ] = None,
    strict: common.Strict = False,
    report: common.ReportFile = None,
    mode: common.Mode = "afspc",
    engine: common.Engine = "auto",
    output: common.Output = None,
    as_json: common.Json = False,
) -> None:
    """Compute the states of all objects of a catalog and say how it went.

    Examples
    --------
    gpuprop propagate sample --start 2024-11-01T00:00:00Z --hours 2 --step-s 60 -o states.parquet
    gpuprop propagate catalog.csv --times instants.txt --output states.csv
    """
    common.output_kind(output)
    instants = _instants(start=start, stop=stop, hours=hours, step_s=step_s, times=times)
    catalog = common.read_catalog(file, strict=strict, report=report)
    began = perf_counter()
    counts: Counter[int] = Counter()
    with common.progress_bar("propagate") as progress:
        blocks = _blocks(catalog, instants, mode=mode, engine=engine, counts=counts, progress=progress)
        if output is None:
            for _ in blocks:
                pass
        else:
            _write(output, blocks)
    seconds = perf_counter() - began
    if as_json:
        common.print_json(
            {
                "catalog": common.catalog_facts(catalog),
                "instants": len(instants),
                "states": sum(counts.values()),
                "status": {str(code): count for code, count in sorted(counts.items())},
                "seconds": seconds,
                "written": output,
            }
        )
        return
    for line in common.describe_catalog(catalog):
        typer.echo(line)
    typer.echo(f"{'instants':<18} {len(instants):,}")
    for line in _describe_states(counts, seconds):
        typer.echo(line)
    if output is not None:
        typer.echo(f"{'written':<18} {output}")


def _instants(
    *, start: str | None, stop: str | None, hours: float | None, step_s: float, times: str | None
) -> NDArray[np.int64]:
    from gpuprop.timescale import to_ns

    if times is not None:
        if start is not None or stop is not None or hours is not None:
            raise InputError("--times stands in place of --start and --stop; give one or the other")
        lines = [
            line.strip() for line in Path(times).read_text(encoding="utf-8", errors="replace").splitlines()
        ]
        return to_ns([line for line in lines if line], name=f"--times {times}")
    if start is None:
        raise InputError("no times given: use --start and --stop or --hours (with --step-s), or --times FILE")
    return grid(*common.window_ns(start, stop, hours), step_s)


def grid(start_ns: int, stop_ns: int, step_s: float) -> NDArray[np.int64]:
    """Return instants from start to stop, both included where a step falls on them."""
    import numpy as np

    if stop_ns < start_ns:
        raise InputError("--stop is earlier than --start")
    if not 1e-9 <= step_s <= 1e9:
        raise InputError(f"--step-s is {step_s:g}; give seconds above zero")
    step_ns = round(step_s * 1e9)
    count = (stop_ns - start_ns) // step_ns + 1
    if count > 100_000_000:
        raise InputError(
            f"--step-s {step_s:g} makes {count:,} instants; take a longer step or a shorter span"
        )
    return start_ns + step_ns * np.arange(count, dtype=np.int64)


def _blocks(
    catalog: Catalog,
    instants: NDArray[np.int64],
    *,
    mode: Mode,
    engine: Engine,
    counts: Counter[int],
    progress: object,
) -> Iterator[tuple[Catalog, NDArray[np.int64], States]]:
    """Propagate object by object in blocks of bounded size; rows come out ordered by object, then time."""
    import numpy as np

    from gpuprop import propagate as propagate_states

    n_objects = max(1, STATES_PER_BLOCK // max(1, len(instants)))
    for first in range(0, len(catalog), n_objects):
        part = catalog[first : first + n_objects]
        for begin in range(0, len(instants), STATES_PER_BLOCK):
            some = instants[begin : begin + STATES_PER_BLOCK]
            states = propagate_states(part, some.view("datetime64[ns]"), mode=mode, engine=engine).to_numpy()
            codes, number = np.unique(states.status, return_counts=True)
            counts.update(dict(zip(codes.tolist(), number.tolist(), strict=True)))
            yield part, some, states
        if callable(progress):
            progress(min(first + n_objects, len(catalog)), len(catalog))


def _describe_states(counts: Counter[int], seconds: float) -> Iterator[str]:
    from gpuprop.states import STATUS_MEANINGS

    total = sum(counts.values())
    yield f"{'states':<18} {total:,} in {seconds:.2f} s"
    for code, count in sorted(counts.items()):
        yield f"  status {code:<9} {count:,}  {STATUS_MEANINGS[code]}"


def _write(path: str, blocks: Iterator[tuple[Catalog, NDArray[np.int64], States]]) -> None:
    from gpuprop.atomic_write import atomic_path
    from gpuprop.cli.states_file import open_writer, to_table

    with atomic_path(path) as temporary, open_writer(temporary, common.output_kind(path)) as writer:
        for part, instants, states in blocks:
            writer.write_table(to_table(part.norad_id, instants, states))
