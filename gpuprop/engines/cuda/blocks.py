"""Cutting work to the memory there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from gpuprop.errors import GpupropError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gpuprop.engines.cuda.device import Device

__all__ = ["in_halves", "slices"]

Result = TypeVar("Result")

# Of the memory that is free, what one block may plan with: sorting takes its own beside it
_SHARE = 0.6


def slices(device: Device, count: int, bytes_each: int, *, most: int | None = None) -> Iterator[slice]:
    """Cut a number of items of known size into pieces that fit into free memory."""
    size = max(1, int(_SHARE * device.free_bytes()) // max(bytes_each, 1))
    size = min(size, most) if most is not None else size
    for begin in range(0, count, size):
        yield slice(begin, min(begin + size, count))


def in_halves(device: Device, run: Callable[[slice], Result], piece: slice) -> list[Result]:
    """Run a piece; where memory is short, its halves instead, down to single items.

    Raises
    ------
    GpupropError
        If a single item does not fit.
    """
    try:
        return [run(piece)]
    except device.out_of_memory as error:
        if piece.stop - piece.start <= 1:
            raise GpupropError(
                "the device has too little memory for the smallest piece of this work; "
                "free some of it, screen or propagate fewer objects, or use engine='cpu'"
            ) from error
    middle = (piece.start + piece.stop) // 2
    return [
        *in_halves(device, run, slice(piece.start, middle)),
        *in_halves(device, run, slice(middle, piece.stop)),
    ]
