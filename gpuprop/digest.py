"""What tells one catalog from another: digests of the numbers that a screening depends on."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gpuprop.catalog import Catalog

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


def order_of_elements(catalog: Catalog) -> NDArray[np.int64]:
    """Return the rows of a catalog in the order of ids, then of epochs, then of the other elements."""
    order = np.argsort(catalog.norad_id, kind="stable")
    ids = catalog.norad_id[order]
    if (ids[1:] == ids[:-1]).any():
        order = np.lexsort([getattr(catalog, name) for name in reversed(ELEMENTS)])
    return order


def catalog_digest(catalog: Catalog) -> str:
    """Return the SHA-256 of what a screening depends on: numbers, epochs and elements of all element sets.

    The order of the catalog, its file format and its names do not enter.

    Parameters
    ----------
    catalog : Catalog
        Element sets.

    Returns
    -------
    str
        ``"sha256:"`` and 64 hexadecimal digits.

    Examples
    --------
    >>> import gpuprop
    >>> catalog_digest(gpuprop.Catalog.sample()) == catalog_digest(gpuprop.Catalog.sample()[::-1])
    True
    """
    order = order_of_elements(catalog)
    digest = hashlib.sha256()
    for name in ELEMENTS:
        column = getattr(catalog, name)
        kind = "<i8" if column.dtype.kind == "i" else "<f8"
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(column[order], kind).tobytes())
    return f"sha256:{digest.hexdigest()}"
