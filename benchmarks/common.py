"""The catalog and the times that the benchmarks share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gpuprop import Catalog

DAY = np.datetime64("2024-11-01T00:00:00", "ns")  # the day of the sample catalog
DEEP_SPACE_REV_PER_DAY = 6.4  # periods of 225 minutes and more


def sample(regime: str, n: int) -> Catalog:
    """Return `n` objects of the sample catalog, near-Earth or deep-space, spread over all of it."""
    import gpuprop

    catalog = gpuprop.Catalog.sample()
    is_deep = catalog.mean_motion < DEEP_SPACE_REV_PER_DAY
    rows = np.flatnonzero(is_deep if regime == "deep" else ~is_deep)
    return catalog[rows[np.linspace(0, len(rows) - 1, n).astype(int)]]


def times(n: int) -> NDArray[np.datetime64]:
    """Return `n` instants over one day."""
    return DAY + np.linspace(0, 86_399, n).astype("timedelta64[s]")
