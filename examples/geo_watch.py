"""Which objects stay near a geostationary satellite, and which come nearer.

python examples/geo_watch.py [NORAD_ID [DAYS]]
"""

from __future__ import annotations

import sys

import numpy as np

import gpuprop

START = np.datetime64("2024-11-01T00:00:00", "ns")


def main() -> None:
    asset = int(sys.argv[1]) if len(sys.argv) > 1 else 39617
    days = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    catalog = gpuprop.Catalog.sample()
    near_geo = catalog.select(mask=np.abs(catalog.mean_motion - 1.0027) < 0.02)
    stop = START + np.timedelta64(days, "D")
    episodes = gpuprop.watch(near_geo, START, stop, assets=[asset], range_km=100.0)
    print(f"{len(near_geo)} objects near the geostationary ring; these stay within 100 km of {asset}:")
    for row in range(len(episodes)):
        print(
            f"{episodes.name_2[row]:<22} {episodes.kind[row]:<18} {episodes.trend[row]:<10}"
            f" {episodes.range_min_km[row]:6.1f} to {episodes.range_max_km[row]:6.1f} km"
            f" {episodes.range_rate_km_day[row]:+7.2f} km/day"
        )


if __name__ == "__main__":
    main()
