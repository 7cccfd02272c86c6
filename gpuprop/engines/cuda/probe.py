"""Whether the CUDA engine can run here: looked into once per process, down to a launch."""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gpuprop.engines.cuda import compiler
from gpuprop.errors import GpupropError

if TYPE_CHECKING:
    from gpuprop.engines.cuda.engine import CudaEngine

__all__ = ["Finding", "find", "look"]

OLDEST = 75
"""Compute capability, without the dot, of the oldest architecture that is compiled for: Turing."""

_INSUFFICIENT_DRIVER, _NO_DEVICE = 35, 100
_NO_DRIVER = "there is no NVIDIA driver; install one where there is an NVIDIA GPU"


class Finding(NamedTuple):
    """What was found: the engine, or None, and one line that says what or why not and what to do."""

    engine: CudaEngine | None
    text: str


class _NotHere(Exception):
    """Carries the reason."""


@cache
def find() -> Finding:
    """Return what `look` finds, the same for the life of the process."""
    return look()


def find_if_driver() -> Finding:
    """Return what `find` finds; without a driver in a moment, as CuPy is not imported for it."""
    try:
        if sys.platform == "linux" and "cupy" not in sys.modules and find_spec("cupy") is not None:
            ctypes.CDLL("libcuda.so.1")
    except OSError:
        return Finding(None, _NO_DRIVER)
    except ImportError:  # it says itself what is wrong
        pass
    return find()


def look() -> Finding:
    """Look for CuPy, a driver, a device, a compiler, then compile and run a kernel."""
    try:
        cupy = _cupy()
        _device(cupy)
        _compiler(cupy)
        return _tried()
    except _NotHere as reason:
        return Finding(None, str(reason))


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _cupy() -> Any:
    try:
        import cupy

        _ = cupy.cuda.runtime
    except Exception as error:  # noqa: BLE001 - a broken package may raise anything
        if isinstance(error, ModuleNotFoundError) and error.name == "cupy":
            raise _NotHere("CuPy is not installed; pip install 'gpuprop[cuda13]' (or cuda12)") from None
        raise _NotHere(f"CuPy cannot be imported ({_first_line(error)}); install it anew") from None
    return cupy


def _device(cupy: Any) -> None:
    runtime = cupy.cuda.runtime
    try:
        count = runtime.getDeviceCount()
    except runtime.CUDARuntimeError as error:
        driver = runtime.driverGetVersion()
        if error.status == _INSUFFICIENT_DRIVER and driver:
            found, needed = (f"{v // 1000}.{v % 1000 // 10}" for v in (driver, runtime.runtimeGetVersion()))
            raise _NotHere(
                f"the NVIDIA driver is too old: it knows CUDA {found}, CuPy needs {needed}; "
                "update the driver or install gpuprop[cuda12]"
            ) from None
        if error.status == _INSUFFICIENT_DRIVER:
            raise _NotHere(_NO_DRIVER) from None
        count = 0
        if error.status != _NO_DEVICE:
            raise _NotHere(f"CUDA does not start ({_first_line(error)}); see what nvidia-smi says") from None
    if not count:
        raise _NotHere("no NVIDIA GPU is visible; see nvidia-smi and the variable CUDA_VISIBLE_DEVICES")
    capability = str(cupy.cuda.Device().compute_capability)
    if int(capability) < OLDEST:
        raise _NotHere(
            f"the GPU has compute capability {capability[:-1]}.{capability[-1]}, which is too old; "
            f"use one with {OLDEST // 10}.{OLDEST % 10} (Turing) or newer"
        )


def _compiler(cupy: Any) -> None:
    try:
        version = compiler.version()
    except (RuntimeError, OSError, ImportError) as error:
        raise _NotHere(
            f"NVRTC cannot be loaded ({_first_line(error)}); pip install 'gpuprop[cuda13]' (or cuda12)"
        ) from None
    capability = str(cupy.cuda.Device().compute_capability)
    if compiler.architecture(capability) is None:
        raise _NotHere(
            f"NVRTC {version[0]}.{version[1]} does not know the GPU's architecture sm_{capability}; "
            "pip install --upgrade nvidia-cuda-nvrtc"
        )


def _tried() -> Finding:
    """Compile and run the first kernel on one object that any device must find near the Earth."""
    from gpuprop.engines.cuda.device import CupyDevice
    from gpuprop.engines.cuda.engine import CudaEngine

    engine = CudaEngine(CupyDevice())
    one = np.ones(1)
    try:
        model = engine.initialize(
            epoch_ns=np.zeros(1, np.int64),
            mean_motion=15.5 * one,
            eccentricity=1e-3 * one,
            inclination=51.6 * one,
            ra_of_asc_node=10.0 * one,
            arg_of_pericenter=20.0 * one,
            mean_anomaly=30.0 * one,
            bstar=1e-4 * one,
        )
        _, _, status = engine.states_at(model, np.array([0]), np.array([0]))
    except (RuntimeError, MemoryError, OSError, GpupropError) as error:
        raise _NotHere(
            f"a trial on the GPU failed ({_first_line(error)}); see what nvidia-smi says"
        ) from None
    if model.regime.tolist() != [1] or status.tolist() != [0]:
        raise _NotHere("a trial on the GPU gave a wrong result; do not use this device before it is checked")
    found = engine.device.description()
    return Finding(engine, f"{found['device']}, driver {found['driver']}, NVRTC {found['NVRTC']}")
