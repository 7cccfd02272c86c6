"""A GPU as the engine sees it: arrays, launches, memory.

The engine reaches CuPy through a `Device` alone. Tests put another one in its place, with
NumPy for arrays and the kernels built for the host.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from gpuprop.engines.cuda import compiler, source
from gpuprop.errors import EngineUnavailable

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["NULL", "CupyDevice", "Device"]

NULL = np.uint64(0)
"""A pointer to nothing, as an argument of a kernel."""


_THREADS_PER_BLOCK = 128
# More than one launch can hold; nothing that fits into memory needs as many
_MOST_BLOCKS = 2**31 - 1


class Device(Protocol):
    """What the engine needs of a device."""

    xp: Any
    """Array namespace: cupy, or what stands in for it."""

    out_of_memory: type[BaseException]
    """What is raised where memory is short."""

    def launch(self, kernel: str, threads: int, *arguments: Any) -> None:
        """Run a kernel with at least so many threads, in the current stream."""

    def address(self, array: Any) -> int:
        """Return where an array begins in device memory."""

    def to_host(self, array: Any) -> npt.NDArray[Any]:
        """Return an array as NumPy's, once all work before it is done."""

    def free_bytes(self) -> int:
        """Return how much memory can be had."""

    def synchronize(self) -> None:
        """Wait until the work of the current stream is done."""

    def description(self) -> dict[str, str]:
        """Tell what the device is."""


def _typed(argument: Any) -> Any:
    """Give Python's numbers the types that kernels declare."""
    if isinstance(argument, int):
        return np.int64(argument)
    return np.float64(argument) if isinstance(argument, float) else argument


class CupyDevice:
    """The current device of CuPy."""

    def __init__(self) -> None:
        import cupy

        self.xp = cupy
        self.out_of_memory: type[BaseException] = cupy.cuda.memory.OutOfMemoryError
        self._functions: dict[tuple[int, str], Any] = {}
        self._units = source.kernels()

    def launch(self, kernel: str, threads: int, *arguments: Any) -> None:
        """Run a kernel; the first launch on a device compiles all."""
        if not threads:
            return
        blocks = -(-threads // _THREADS_PER_BLOCK)
        if blocks > _MOST_BLOCKS:
            raise OverflowError(f"{kernel}: {threads} threads are more than one launch can hold")
        self._function(kernel)((blocks,), (_THREADS_PER_BLOCK,), tuple(map(_typed, arguments)))

    def _function(self, kernel: str) -> Any:
        device = self.xp.cuda.Device()
        key = (device.id, kernel)
        if key not in self._functions:
            arch = compiler.architecture(device.compute_capability)
            if arch is None:
                raise EngineUnavailable(
                    f"NVRTC does not know the architecture sm_{device.compute_capability} of device "
                    f"{device.id}; use another device, or engine='cpu'"
                )
            if all(number != device.id for number, _ in list(self._functions)):
                compiler.at_once(sorted(set(self._units.values())), arch)
            self._functions[key] = compiler.loaded(self._units[kernel], arch).get_function(kernel)
        return self._functions[key]

    def address(self, array: Any) -> int:
        """Return where an array begins in device memory."""
        return int(array.data.ptr)

    def to_host(self, array: Any) -> npt.NDArray[Any]:
        """Return an array as NumPy's, once all work before it is done."""
        return np.asarray(self.xp.asnumpy(array))

    def free_bytes(self) -> int:
        """Return what the driver has left and what CuPy's pool holds unused."""
        free, _ = self.xp.cuda.runtime.memGetInfo()
        return int(free) + int(self.xp.get_default_memory_pool().free_bytes())

    def synchronize(self) -> None:
        """Wait until the work of the current stream is done."""
        self.xp.cuda.get_current_stream().synchronize()

    def description(self) -> dict[str, str]:
        """Tell what the device is, its memory, the driver and the compiler."""
        runtime = self.xp.cuda.runtime
        device = self.xp.cuda.Device()
        properties = runtime.getDeviceProperties(device.id)
        free, total = runtime.memGetInfo()
        driver = runtime.driverGetVersion()
        capability = f"{properties['major']}.{properties['minor']}"
        return {
            "device": f"{properties['name'].decode()}, compute capability {capability}",
            "device memory": f"{free / 2**30:.1f} of {total / 2**30:.1f} GiB free",
            "driver": f"CUDA {driver // 1000}.{driver % 1000 // 10}",
            "NVRTC": ".".join(map(str, compiler.version())),
            "CuPy": str(self.xp.__version__),
        }
