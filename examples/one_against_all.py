"""Close approaches of one object with all others in the next hours, and what they look like.

python examples/one_against_all.py [NORAD_ID [HOURS]]
"""

from __future__ import annotations

import sys

import numpy as np

import gpuprop

START = np.datetime64("2024-11-01T00:00:00", "ns")


def main() -> None:
    norad_id = int(sys.argv[1]) if len(sys.argv) > 1 else 25544
    hours = int(sys.argv[2]) if len(sys.argv) > 2 else 6
    catalog = gpuprop.Catalog.sample()
    encounters = gpuprop.screen(catalog, START, START + np.timedelta64(hours, "h"), threshold_km=10.0)
    table = encounters.to_pandas()
    mine = table[(table.norad_id_1 == norad_id) | (table.norad_id_2 == norad_id)]
    print(f"{len(mine)} of {len(table)} encounters within 10 km involve {norad_id}")
    columns = ["tca", "name_1", "name_2", "miss_distance_km", "relative_speed_km_s", "kind"]
    print(mine.sort_values("miss_distance_km")[columns].head(10).to_string(index=False))


if __name__ == "__main__":
    main()
