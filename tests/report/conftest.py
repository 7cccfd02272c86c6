from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import gpuprop
from tests.browser import HOSTILE

if TYPE_CHECKING:
    from gpuprop import Catalog, Encounters


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return gpuprop.Catalog.sample()[::12]


@pytest.fixture(scope="session")
def encounters(catalog: Catalog) -> Encounters:
    """Return a few hundred encounters, the closest of them between objects with hostile names."""
    found = gpuprop.screen(catalog, "2024-11-01T00:00Z", "2024-11-01T06:00Z", threshold_km=10.0)
    table = found.to_arrow()
    order = np.argsort(found.miss_distance_km)
    for k in (1, 2):
        names = table[f"name_{k}"].to_pylist()
        for i, row in enumerate(order[: 2 * len(HOSTILE)].tolist()):
            names[row] = HOSTILE[(i + k - 1) % len(HOSTILE)]
        place = table.column_names.index(f"name_{k}")
        table = table.set_column(place, table.schema.field(place), [names])
    return gpuprop.Encounters(table)
