"""What meets the debris of one break-up: the cloud against the catalog, counted by altitude.

python examples/debris_cloud.py [NAME [HOURS]]
"""

from __future__ import annotations

import sys
from collections import Counter

import numpy as np

import gpuprop

START = np.datetime64("2024-11-01T00:00:00", "ns")
EARTH_RADIUS_KM = 6378.135


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "COSMOS 2251 DEB*"
    hours = float(sys.argv[2]) if len(sys.argv) > 2 else 3.0
    catalog = gpuprop.Catalog.sample()
    cloud = catalog.select(name=name)
    stop = START + np.timedelta64(round(hours * 3600), "s")
    found = gpuprop.screen(catalog, START, stop, threshold_km=5.0, primaries=cloud.norad_id, exclude="launch")
    print(f"{len(cloud)} objects are named {name}; in {hours:g} hours they meet others {len(found)} times")
    band_km = 100 * (altitudes_km(catalog, found) // 100)
    for low, count in sorted(Counter(band_km.tolist()).items()):
        print(f"{low:5.0f} to {low + 100:5.0f} km  {count:4}  {'#' * count}")


def altitudes_km(catalog: gpuprop.Catalog, found: gpuprop.Encounters) -> np.ndarray:
    """Return the altitude of object 1 at each TCA, above the equatorial radius."""
    altitudes = np.empty(len(found))
    for row, (norad_id, tca) in enumerate(zip(found.norad_id_1, found.tca, strict=True)):
        states = gpuprop.propagate(catalog.select(ids=[norad_id]), tca, velocity=False).to_numpy()
        altitudes[row] = np.linalg.norm(states.r[0, 0]) - EARTH_RADIUS_KM
    return altitudes


if __name__ == "__main__":
    main()
