"""Large arrays in pages of their own."""

from __future__ import annotations

import math
import mmap
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["zeros_in_own_pages"]

# By default mmap shares memory with child processes, where it can
_PRIVATE = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_PRIVATE") else {}


def zeros_in_own_pages(shape: tuple[int, ...], dtype: npt.DTypeLike = np.float64) -> npt.NDArray[Any]:
    """Allocate an array whose memory goes back to the system as soon as it is dropped.

    The C library takes what a thread asks for from a heap of that thread, up to 32 MB at once, and hardly
    ever gives back the end of such a heap. What comes to lie at the end is a matter of chance, so a
    process that works for hours comes to hold the most that ever was there. This is for the large working
    memory of a thread, taken once and kept as long as the thread works.

    Parameters
    ----------
    shape : tuple of int
        Shape of the array.
    dtype : dtype
        Type of its items.

    Returns
    -------
    ndarray
        Zeros.

    Raises
    ------
    MemoryError
        If there is not that much memory.

    Examples
    --------
    >>> from gpuprop.pages import zeros_in_own_pages
    >>> zeros_in_own_pages((2, 3)).tolist()
    [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """
    count = math.prod(shape)
    size = count * np.dtype(dtype).itemsize
    if size == 0:
        return np.zeros(shape, dtype)
    try:
        pages = mmap.mmap(-1, size, **_PRIVATE)
    except OSError as error:
        raise MemoryError(f"Unable to allocate {size / 1e6:.0f} MB: {error}") from error
    return np.frombuffer(pages, dtype, count).reshape(shape)
