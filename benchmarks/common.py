"""The catalog, the times and the engines that the benchmarks share."""

from __future__ import annotations

import statistics
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gpuprop import Catalog

DAY = np.datetime64("2024-11-01T00:00:00", "ns")  # the day of the sample catalog
ENGINES = ("cpu", "cuda")


def sample(regime: str, n: int) -> Catalog:
    """Return `n` objects of the sample catalog, spread over one regime or ("mixed") over all of it."""
    import gpuprop

    catalog = gpuprop.Catalog.sample()
    kind = {"near": 1, "deep": 2, "resonant": 3}.get(regime)
    _, model = model_of(catalog, "cpu")
    rows = np.flatnonzero(model.regime > 0 if kind is None else model.regime == kind)
    return catalog[rows[np.linspace(0, len(rows) - 1, min(n, len(rows))).astype(int)]]


def times(n: int) -> NDArray[np.datetime64]:
    """Return `n` instants over one day."""
    return DAY + np.linspace(0, 86_399, n).astype("timedelta64[s]")


def model_of(catalog: Catalog, engine: str) -> tuple[Any, Any]:
    """Return an engine and a catalog made ready for it, made anew."""
    from gpuprop.engines import get_engine
    from gpuprop.propagation import _initialized

    chosen = get_engine(engine)
    return chosen, _initialized(catalog, chosen, "afspc")


def require(engine: str) -> None:
    """Have asv write "n/a" where an engine cannot run: what `setup` raises as this is no failure."""
    from gpuprop.engines import get_engine
    from gpuprop.errors import EngineUnavailable

    try:
        get_engine(engine)
    except EngineUnavailable as error:
        raise NotImplementedError(str(error)) from error


def seconds_of(call: Callable[[], object], engine: Any) -> float:
    """Median time of a call; on a device between two events, so that it is the device's own."""
    return statistics.median(_once(call, engine) for _ in range(7))


def _once(call: Callable[[], object], engine: Any) -> float:
    if engine.on_device:
        start, stop = engine.xp.cuda.Event(), engine.xp.cuda.Event()
        start.record()
        call()
        stop.record()
        stop.synchronize()
        return float(engine.xp.cuda.get_elapsed_time(start, stop)) / 1e3
    began = perf_counter()
    call()
    return perf_counter() - began
