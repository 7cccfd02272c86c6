"""What tells one catalog from another: digests of the numbers that a screening depends on."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gpuprop.catalog_columns import CatalogColumns

__all__ = ["ELEMENTS", "catalog_digest", "order_of_elements"]

ELEMENTS = (
    "norad_id",
    "epoch",
    "mean_motion",
    "eccentricity",
    "inclination",
    "ra_of_asc_node",
    "arg_of_pericenter",
    "mean_anomaly",
    "bstar",
)
"""The columns that say which object moves how."""


def order_of_elements(catalog: CatalogColumns) -> NDArray[np.int64]:
    """Return the rows of a catalog in the order of ids, then of epochs, then of the other elements."""
    order = np.argsort(catalog.norad_id, kind="stable")
    ids = catalog.norad_id[order]
    if (ids[1:] == ids[:-1]).any():
        order = np.lexsort([getattr(catalog, name) for name in reversed(ELEMENTS)])
    return order


def catalog_digest(catalog: CatalogColumns) -> str:
    """Return the SHA-256 of all element sets in one order; a catalog keeps it as its `digest`."""
    order = order_of_elements(catalog)
    digest = hashlib.sha256()
    for name in ELEMENTS:
        column = getattr(catalog, name)
        kind = "<i8" if column.dtype.kind == "i" else "<f8"
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(column[order], kind).tobytes())
    return f"sha256:{digest.hexdigest()}"
