"""Boxes and ellipsoids on the 2,000-object subset against brute force with python-sgp4.

    python validation/volumes.py [--minutes 60]

Brute force looks at every pair on a grid of 0.02 s. Every pair it finds has to be in a row, and every other
row has to be shorter than the grid and confirmed by python-sgp4 at TCA. Exits with 1 if not.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

import gpuprop
from gpuprop import Volume

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.screening.reference import START, python_sgp4_satellites, seconds
from tests.screening.volume_reference import is_inside_at, pairs_inside

DATA = Path(__file__).resolve().parents[1] / "tests" / "data"
VOLUMES = ("box=0.4,44,51", "box=-0.5:20,-60:5,30", "ellipsoid=2,44,51", "ellipsoid=-1:25,-40:4,-3:50")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=int, default=60)
    options = parser.parse_args()
    ids = np.loadtxt(DATA / "subset2000-20241101.norad-ids.txt", dtype=np.int64)
    catalog = gpuprop.Catalog.from_satrecs(python_sgp4_satellites()[number] for number in ids.tolist())
    stop = START + np.timedelta64(options.minutes, "m")
    print("| volume | brute force | rows | missed | shorter than 0.02 s | not confirmed |\n|" + "---|" * 6)
    good = True
    for text in VOLUMES:
        volume = Volume.parse(text)
        truth = pairs_inside(catalog.norad_id.tolist(), volume, 60 * options.minutes)
        found = gpuprop.screen(catalog, START, stop, volume=volume, mode="improved")
        pairs = list(zip(found.norad_id_1.tolist(), found.norad_id_2.tolist(), strict=True))
        missed = truth - set(pairs)
        short = [k for k, pair in enumerate(pairs) if pair not in truth]
        tca_s = seconds(found.tca, np.nan)
        wrong = sum(not is_inside_at(pair, volume, float(tca_s[k]), 1e-5) for k, pair in enumerate(pairs))
        wrong += int((found.duration_s[short] >= 0.02).sum())
        print(
            f"| {text} | {len(truth)} | {len(pairs)} | {len(missed)} | {len(short)} | {wrong} |", flush=True
        )
        good &= not missed and not wrong
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
