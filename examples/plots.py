"""A day of close approaches in pictures: when, how close, where, and the closest pass itself.

python examples/plots.py [PICTURE [HOURS]]

Needs matplotlib: pip install 'gpuprop[plot]'
"""

from __future__ import annotations

import sys

import numpy as np
from matplotlib.figure import Figure

import gpuprop
import gpuprop.plot

START = np.datetime64("2024-11-01T00:00:00", "ns")


def main() -> None:
    picture = sys.argv[1] if len(sys.argv) > 1 else "encounters.png"
    hours = int(sys.argv[2]) if len(sys.argv) > 2 else 24
    catalog = gpuprop.Catalog.sample()
    encounters = gpuprop.screen(catalog, START, START + np.timedelta64(hours, "h"), threshold_km=5.0)
    passes = encounters.select(mask=encounters.kind == "flyby")
    figure = Figure(figsize=(13.0, 8.5), layout="constrained")
    axes = figure.subplots(2, 2)
    gpuprop.plot.encounters_over_time(encounters, ax=axes[0, 0])
    gpuprop.plot.miss_distance_against_speed(encounters, ax=axes[0, 1])
    gpuprop.plot.encounter_density(encounters, catalog, ax=axes[1, 0])
    gpuprop.plot.encounter_in_ric(passes.closest(1), catalog=catalog, y="cross_track", ax=axes[1, 1])
    figure.savefig(picture, dpi=120)
    print(f"{len(encounters)} encounters, {len(passes)} of them flybys, in {picture}")


if __name__ == "__main__":
    main()
