"""Compiling everything ahead of its first use."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np

from gpuprop.catalog import Catalog
from gpuprop.engines import get_engine
from gpuprop.propagation import Engine, propagate, propagate_since_epoch
from gpuprop.threads import get_num_threads

__all__ = ["warmup"]

_DAY = np.datetime64("2024-11-01T00:00:00", "ns")


def warmup(*, engine: Engine = "auto") -> None:
    """Compile what propagation and screening run, so that nothing waits for it later.

    The code is kept on disk, where `gpuprop info` says; later processes read it in half a second. For the
    CPU, several processes compile side by side, as many as `get_num_threads` says.

    Parameters
    ----------
    engine : {"auto", "cpu", "cuda"}
        What to compile for.

    Raises
    ------
    EngineUnavailable
        If the engine asked for cannot run here.

    Examples
    --------
    >>> import gpuprop
    >>> gpuprop.warmup(engine="cpu")  # doctest: +SKIP
    """
    on_device = get_engine(engine).on_device
    if on_device or get_num_threads() == 1:
        for part in _PARTS:
            part(engine)
        return
    with ProcessPoolExecutor(min(get_num_threads(), len(_PARTS)), mp_context=get_context("spawn")) as pool:
        for done in [pool.submit(part, engine) for part in _PARTS]:
            done.result()


def _screening(engine: Engine) -> None:
    from gpuprop.screening import screen

    catalog = Catalog.sample()
    some = catalog[:: max(1, len(catalog) // 4000)]
    screen(some, _DAY, _DAY + np.timedelta64(10, "m"), threshold_km=100.0, engine=engine)


def _propagation(engine: Engine) -> None:
    catalog = Catalog.sample()[::1000]
    times = _DAY + np.arange(100) * np.timedelta64(1, "m")
    propagate(catalog[:1], times, engine=engine)
    propagate(catalog, times[:1], engine=engine)
    propagate_since_epoch(catalog, [0.0], engine=engine)


_PARTS = (_screening, _propagation)
