"""Compiling everything ahead of its first use."""

from __future__ import annotations

import numpy as np

from gpuprop.catalog import Catalog
from gpuprop.engines import get_engine
from gpuprop.propagation import Engine, propagate, propagate_since_epoch

__all__ = ["warmup"]

_DAY = np.datetime64("2024-11-01T00:00:00", "ns")


def warmup(*, engine: Engine = "auto") -> None:
    """Compile what propagation and screening run, so that nothing waits for it later.

    The code is kept on disk, where `gpuprop info` says; later processes read it in half a second. For the
    CPU, several processes compile side by side, as many as `get_num_threads` says, up to four.

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
    get_engine(engine).make_ready("everything")
    for part in (_screening, _propagation):
        part(engine)


def _screening(engine: Engine) -> None:
    from gpuprop.screening import screen

    catalog = Catalog.sample()
    some = catalog[:: max(1, len(catalog) // 4000)]
    window = (_DAY, _DAY + np.timedelta64(10, "m"))
    for primaries in (None, some.norad_id[:1]):
        screen(some, *window, threshold_km=100.0, primaries=primaries, engine=engine)


def _propagation(engine: Engine) -> None:
    catalog = Catalog.sample()[::1000]
    times = _DAY + np.arange(100) * np.timedelta64(1, "m")
    propagate(catalog[:1], times, engine=engine)
    propagate(catalog, times[:1], engine=engine)
    propagate_since_epoch(catalog, [0.0], engine=engine)
