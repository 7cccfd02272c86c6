"""Arrays in pages of their own."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from gpuprop.pages import zeros_in_own_pages


@pytest.mark.parametrize("shape", [(3,), (2, 3, 4), (1,), (0, 5), ()])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int32, np.uint8])
def test_it_is_an_array_like_any_other(shape: tuple[int, ...], dtype: type) -> None:
    array = zeros_in_own_pages(shape, dtype)
    assert (array.shape, array.dtype) == (shape, dtype)
    assert array.flags.c_contiguous
    assert array.flags.writeable
    assert not array.any()
    array[...] = 7
    assert (array == 7).all()


def test_memory_that_is_not_there_is_a_memory_error() -> None:
    with pytest.raises(MemoryError, match="Unable to allocate"):
        zeros_in_own_pages((1 << 57,))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_dropped_it_goes_back_to_the_system() -> None:
    def resident_mb() -> float:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

    before = resident_mb()
    array = zeros_in_own_pages((25_000_000,))
    array[:] = 1.0
    assert resident_mb() > before + 180.0
    del array
    assert resident_mb() < before + 20.0
