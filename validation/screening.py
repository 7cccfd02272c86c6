"""A day of the bundled catalog against the truth, at several steps, and what it costs.

    python validation/screening.py TRUTH.csv.gz [--steps 10 30 60 120] [--week]

TRUTH holds the range minima up to 5 km of 2024-11-01 (columns norad_i, norad_j,
tca_s_after_t0, range_km, rel_speed_km_s). Every minimum has to lie in a reported encounter, the rows have
to be the same for every step and for a shuffled catalog. Prints one row per run and exits
with 1 if any of this does not hold. Memory is that of the process, and only ever grows.
"""

from __future__ import annotations

import argparse
import resource
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

import gpuprop

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.screening.reference import START, STOP, Truth, python_sgp4_satellites, rows_of, seconds

HEADING = (
    "| step s | seconds | encounters | missed | TCA > 0.1 ms off | miss > 1 mm off | same rows | peak MB |"
)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("truth", type=Path)
    parser.add_argument("--steps", nargs="+", type=float, default=[120.0, 60.0, 30.0, 10.0])
    parser.add_argument("--week", action="store_true", help="time seven days as well")
    options = parser.parse_args()
    truth = Truth.read(options.truth)
    # Epochs as the truth had them: sgp4.omm keeps a double of seconds since 1949.
    catalog = gpuprop.Catalog.from_satrecs(python_sgp4_satellites().values())
    gpuprop.screen(catalog, START, START + np.timedelta64(10, "m"), mode="improved")
    print(f"{len(catalog):,} objects, {len(truth.tca_s):,} minima, {gpuprop.get_num_threads()} threads")
    print(HEADING + "\n|" + "---|" * 8)
    shuffled = catalog[np.random.default_rng(0).permutation(len(catalog))]
    first, good = None, True
    for step_s, which in [(None, catalog), *((s, catalog) for s in options.steps), (None, shuffled)]:
        table, missed = run(which, step_s, truth, first)
        first = first or table
        good &= missed == 0 and table.equals(first)
    if options.week:
        began = perf_counter()
        found = gpuprop.screen(catalog, START, START + np.timedelta64(7, "D"), mode="improved")
        print(
            f"seven days: {len(found):,} encounters in {perf_counter() - began:.2f} s, "
            f"peak {peak_mb():.0f} MB"
        )
    return 0 if good else 1


def run(catalog: gpuprop.Catalog, step_s: float | None, truth: Truth, first: Any) -> tuple[Any, int]:
    began = perf_counter()
    found = gpuprop.screen(catalog, START, STOP, mode="improved", step_s=step_s)
    took = perf_counter() - began
    rows = rows_of(truth, found)
    single = (rows >= 0) & (found.n_minima[rows] == 1)
    late = np.abs(seconds(found.tca, np.nan)[rows] - truth.tca_s) > 1e-4
    off = np.abs(truth.range_km - found.miss_distance_km[rows]) > 1e-6
    table = found.to_arrow().replace_schema_metadata(None)
    missed = int((rows < 0).sum())
    step = f"{step_s or found.parameters['step_s']:g}{'' if step_s else ' (chosen)'}"
    print(
        f"| {step} | {took:.2f} | {len(found)} "
        f"| {missed} | {(single & late & (truth.speed_km_s > 0.1)).sum()} | {(single & off).sum()} "
        f"| {first is None or table.equals(first)} | {peak_mb():.0f} |",
        flush=True,
    )
    return table, missed


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


if __name__ == "__main__":
    sys.exit(main())
