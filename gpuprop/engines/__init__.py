"""Engines: arrays and physics, on the CPU or on a GPU, behind the same verbs."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from gpuprop.errors import EngineUnavailable, InputError

if TYPE_CHECKING:
    from gpuprop.engines.cpu.engine import CpuEngine

__all__ = ["get_engine"]

_log = logging.getLogger("gpuprop")


def get_engine(name: str = "auto") -> CpuEngine:
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
    if name == "cuda":
        raise EngineUnavailable("the CUDA engine is not part of this version of gpuprop; use engine='cpu'")
    if name not in {"auto", "cpu"}:
        raise InputError(f"engine is {name!r}; choose 'auto', 'cpu' or 'cuda'")
    from gpuprop.engines.cpu.engine import CpuEngine

    if name == "auto":
        _log.info("engine 'auto' takes 'cpu': this version of gpuprop has no other")
    return CpuEngine()
