"""A device for the CUDA engine that is none: arrays of the host, kernels run by loops on the host."""

from __future__ import annotations

import ctypes
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from gpuprop.engines.cuda import source
from gpuprop.engines.cuda.device import NULL
from tests.emulation.arrays import DeviceArray, DeviceNumpy
from tests.emulation.build import build

if TYPE_CHECKING:
    from pathlib import Path

THREADS_PER_BLOCK = 128
# Of the host. Some even where it has one core, for the thread sanitizer to have something to look at
WORKERS = max(2, min(8, os.cpu_count() or 1))


class EmulatedDevice:
    """Passes arguments as the CUDA driver does, by address, and checks each against the kernel's own type.

    Parameters
    ----------
    library : Path, optional
        As from `build`.
    memory : int
        Bytes that the device says are free.
    """

    xp: Any = DeviceNumpy()
    out_of_memory = MemoryError

    def __init__(self, library: Path | None = None, *, memory: int = 4 << 30) -> None:
        self._library = ctypes.CDLL(str(library or build()))
        self._known = source.kernels()
        self.memory = memory
        self.launches: list[str] = []

    def launch(self, kernel: str, threads: int, *arguments: Any) -> None:
        assert kernel in self._known, f"no kernel {kernel}"
        if not threads:
            return
        self.launches.append(kernel)
        signature = getattr(self._library, f"signature_{kernel}")
        signature.restype = ctypes.c_char_p
        given = "".join(f"{_code(argument)} " for argument in arguments)
        expected = signature().decode()
        assert _matches(given, expected), f"{kernel} takes {expected}, was given {given}"
        values = [_value(argument) for argument in arguments]
        addresses = (ctypes.c_void_p * len(values))(*(ctypes.addressof(value) for value in values))
        # Some threads more than asked for, as on a device
        blocks = -(-threads // THREADS_PER_BLOCK)
        getattr(self._library, f"launch_{kernel}")(blocks, THREADS_PER_BLOCK, addresses, WORKERS)

    def address(self, array: Any) -> int:
        return int(array.host().ctypes.data)

    def to_host(self, array: Any) -> Any:
        return array.get()

    def free_bytes(self) -> int:
        return self.memory

    def synchronize(self) -> None:
        pass

    def description(self) -> dict[str, str]:
        return {"device": "none, emulated on the host"}


def _code(argument: Any) -> str:
    """Describe an argument as CuPy would pass it."""
    if argument is NULL:
        return "null"
    if isinstance(argument, DeviceArray):
        assert argument.flags.c_contiguous
        return f"P{argument.dtype.kind}{argument.dtype.itemsize}"
    if isinstance(argument, np.generic):
        return f"{argument.dtype.kind}{argument.dtype.itemsize}"
    return {int: "i8", float: "f8"}[type(argument)]


def _matches(given: str, expected: str) -> bool:
    pairs = list(zip(given.split(), expected.split(), strict=False))
    same = all(a == b or (a == "null" and b.startswith("P")) for a, b in pairs)
    return same and len(given.split()) == len(expected.split())


def _value(argument: Any) -> Any:
    if isinstance(argument, DeviceArray):
        return ctypes.c_void_p(argument.host().ctypes.data)
    if isinstance(argument, np.generic):
        return np.ctypeslib.as_ctypes_type(argument.dtype)(argument.item())
    return ctypes.c_int64(argument) if isinstance(argument, int) else ctypes.c_double(argument)
