"""How many objects of a catalog are where: counts by altitude at one instant.

python examples/altitudes.py [CATALOG]
"""

from __future__ import annotations

import sys

import numpy as np

import gpuprop

EARTH_RADIUS_KM = 6378.135
EDGES_KM = [0, 300, 500, 700, 1000, 1500, 2000, 10_000, 35_500, 36_100, np.inf]


def main() -> None:
    catalog = gpuprop.Catalog.read(sys.argv[1]) if len(sys.argv) > 1 else gpuprop.Catalog.sample()
    states = gpuprop.propagate(catalog, catalog.epoch_utc.max(), velocity=False)
    usable = states.status[:, 0] == 0
    altitude_km = np.linalg.norm(states.r[usable, 0], axis=1) - EARTH_RADIUS_KM
    counts, _ = np.histogram(altitude_km, bins=EDGES_KM)
    for low, high, count in zip(EDGES_KM[:-1], EDGES_KM[1:], counts, strict=True):
        print(f"{low:>6,.0f} to {high:>6,.0f} km  {count:>6,}")
    print(f"no usable state      {np.count_nonzero(~usable):>6,}")


if __name__ == "__main__":
    main()
