"""The collision of 2009 from element sets published before it, beside what others computed from them.

python examples/published_collision.py

Iridium 33 and Cosmos 2251 collided on 2009-02-10 at 16:56 UTC. Bennett, Sang, Zhang and Smith, "A re-analysis
of the 2009 Iridium-Cosmos predicted miss distance using two-line element derived orbits", give for SGP4
a miss distance of 698.72 m at 16:55:59.80. It is not zero since element sets are good to a kilometre or so.
"""

from __future__ import annotations

import numpy as np

import gpuprop

ELEMENT_SETS = """
1 24946U 97051C   09040.78448243 +.00000153 +00000-0 +47668-4 0  9994
2 24946 086.3994 121.7028 0002288 085.1644 274.9812 14.34219863597336
1 22675U 93036A   09040.49834364 -.00000001  00000-0  95251-5 0  9996
2 22675 074.0355 019.4646 0016027 098.7014 261.5952 14.31135643817415
""".strip()
PUBLISHED_TCA = np.datetime64("2009-02-10T16:55:59.80", "ns")
PUBLISHED_MISS_M = 698.72


def main() -> None:
    catalog = gpuprop.Catalog.read(ELEMENT_SETS)
    found = gpuprop.screen(catalog, "2009-02-10T12:00Z", "2009-02-10T18:00Z", threshold_km=5.0)
    closest = found.closest(1)
    late_ms = (closest.tca[0] - PUBLISHED_TCA) / np.timedelta64(1, "ms")
    miss_m = 1000.0 * closest.miss_distance_km[0]
    print(f"TCA            {closest.tca[0]}Z, {late_ms:+.0f} ms from the published one")
    print(f"miss distance  {miss_m:.2f} m, {miss_m - PUBLISHED_MISS_M:+.2f} m from the published one")
    print(f"relative speed {closest.relative_speed_km_s[0]:.3f} km/s")


if __name__ == "__main__":
    main()
