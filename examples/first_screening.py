"""The closest passes among all objects in ten minutes, and how likely a collision could be at most.

python examples/first_screening.py [CATALOG]
"""

from __future__ import annotations

import sys

import numpy as np

import gpuprop


def main() -> None:
    catalog = gpuprop.Catalog.read(sys.argv[1]) if len(sys.argv) > 1 else gpuprop.Catalog.sample()
    start = catalog.epoch_utc.max()
    found = gpuprop.screen(catalog, start, start + np.timedelta64(10, "m"), threshold_km=5.0)
    passes = found.select(mask=found.kind == "flyby").closest(5)
    largest = gpuprop.assess(passes, catalog, hard_body_radius_m=5.0).probabilities.maximum
    print(f"{len(found)} encounters of {len(catalog):,} objects from {start}Z; the closest passes:")
    for row in range(len(passes)):
        print(
            f"{passes.tca[row]}Z  {passes.miss_distance_km[row]:6.3f} km  at most {largest[row]:.1e}  "
            f"{passes.name_1[row]} / {passes.name_2[row]}"
        )


if __name__ == "__main__":
    main()
