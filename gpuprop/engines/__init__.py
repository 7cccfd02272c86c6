"""Engines: arrays and physics, on the CPU or on a GPU, behind the same verbs."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeAlias

from gpuprop.errors import EngineUnavailable, InputError

if TYPE_CHECKING:
    from gpuprop.engines.cpu.engine import CpuEngine
    from gpuprop.engines.cuda.engine import CudaEngine

__all__ = ["Engine", "get_engine"]

Engine: TypeAlias = "CpuEngine | CudaEngine"
"""The same verbs on the CPU and on a GPU."""

_log = logging.getLogger("gpuprop")


def get_engine(name: str = "auto") -> Engine:
    """Return the engine of that name.

    Parameters
    ----------
    name : {"auto", "cpu", "cuda"}
        ``"auto"`` takes what this machine can run and says so in one line of the log.

    Returns
    -------
    Engine
        May be used from several threads at once.

    Raises
    ------
    EngineUnavailable
        If the engine asked for by name cannot run here.
    InputError
        If there is no engine of that name.

    Examples
    --------
    >>> from gpuprop.engines import get_engine
    >>> get_engine("cpu").name
    'cpu'
    """
    if name not in {"auto", "cpu", "cuda"}:
        raise InputError(f"engine is {name!r}; choose 'auto', 'cpu' or 'cuda'")
    if name != "cpu":
        from gpuprop.engines.cuda import probe

        found = probe.find() if name == "cuda" else probe.find_if_driver()
        if found.engine is not None:
            if name == "auto":
                _log.info("engine 'auto' takes 'cuda': %s", found.text)
            return found.engine
        if name == "cuda":
            raise EngineUnavailable(f"the CUDA engine cannot run: {found.text}; or use engine='cpu'")
        _log.info("engine 'auto' takes 'cpu': %s", found.text)
    from gpuprop.engines.cpu.engine import CpuEngine

    return CpuEngine()
