"""How far from an epoch an instant may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpuprop.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["require_reach"]

_MAX_NS = 2**63 - 1


def require_reach(epoch_range_ns: tuple[int, int], times_ns: NDArray[np.int64]) -> None:
    """Refuse instants so far from an epoch that their difference in nanoseconds leaves int64."""
    for instant in (int(times_ns.min()), int(times_ns.max())):
        for epoch in epoch_range_ns:
            if abs(instant - epoch) > _MAX_NS:
                raise InputError(
                    f"times: {np.datetime64(instant, 'ns')} is more than 292 years from an epoch of the "
                    f"catalog, {np.datetime64(epoch, 'ns')}; give times nearer to it"
                )
