"""How time and memory of a screening grow with objects, window, threshold and cores, and what predicts it.

    python validation/scaling.py [--largest 1000000] [--rounds 3] [--figure docs/images/scaling.svg]

Screens synthetic catalogs (`Catalog.synthetic`), each run in a process of its own. The model of time is

    t = t0 + i n + (a S n + (b + c T) S (n h)^2 + d E) / cores

with i for getting an object ready, S steps of the coarse stage, n objects, h the reach of an arc in
direction (half arcs and threshold, rad), T the threshold and E encounters found; that of memory is m0 +
m1 n cores + m2 E. Their coefficients are fitted to all runs, none below zero, with relative errors as
weights. Exits with 1 if a prediction is off by more than a half.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

SMALL, BASE = 3_000, 27_000
WORST = 0.5


class Run(NamedTuple):
    """What is screened, and with what."""

    n_objects: int
    hours: float
    threshold_km: float
    cores: int


def runs(largest: int, cores: int) -> list[Run]:
    """One quantity at a time changes; windows get shorter where a step costs more."""
    objects = [
        (SMALL, 24.0),
        (10_000, 12.0),
        (30_000, 6.0),
        (100_000, 1.0),
        (300_000, 0.25),
        (1_000_000, 0.05),
    ]
    return [
        *(Run(n, hours, 5.0, cores) for n, hours in objects if n <= largest),
        *(Run(BASE, hours, 5.0, cores) for hours in (1.0, 6.0, 24.0)),
        *(Run(BASE, 3.0, threshold_km, cores) for threshold_km in (1.0, 20.0, 50.0)),
        *(Run(BASE, 6.0, 5.0, count) for count in range(1, cores)),
    ]


def measure(run: Run, rounds: int) -> dict[str, Any]:
    """Screen in a process of its own that may use so many cores."""
    command = [sys.executable, __file__, "--worker", json.dumps(run), "--rounds", str(rounds)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def work(run: Run, rounds: int) -> None:
    """Screen, after a short run that compiles; print seconds (median), encounters, geometry, peak memory."""
    import resource

    import gpuprop

    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: run.cores])
    gpuprop.set_num_threads(run.cores)
    day = np.datetime64("2024-11-01T00:00:00", "ns")
    catalog = gpuprop.Catalog.synthetic(run.n_objects, 1)
    stop = day + np.timedelta64(round(run.hours * 3600), "s")
    gpuprop.screen(catalog[:SMALL], day, day + np.timedelta64(5, "m"), engine="cpu")
    seconds = []
    for _ in range(rounds):
        began = perf_counter()
        found = gpuprop.screen(catalog, day, stop, threshold_km=run.threshold_km, engine="cpu")
        seconds.append(perf_counter() - began)
    row = {
        "seconds": float(np.median(seconds)),
        "encounters": len(found),
        "step_s": found.parameters["step_s"],
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
    }
    print(json.dumps(row))


def features(run: Run, row: dict[str, Any]) -> tuple[list[float], list[float]]:
    """What the models of time and memory are linear in."""
    from gpuprop.engines.geometry import SieveGeometry

    geometry = SieveGeometry.of(run.threshold_km, row["step_s"])
    steps = run.hours * 3600 / row["step_s"]
    pairs = steps * (run.n_objects * (2.0 * geometry.half_limit + geometry.spread)) ** 2
    parallel = [steps * run.n_objects, pairs, pairs * run.threshold_km, float(row["encounters"])]
    time = [1.0, float(run.n_objects), *(value / run.cores for value in parallel)]
    return time, [1.0, float(run.n_objects * run.cores), float(row["encounters"])]


def fitted(matrix: list[list[float]], values: list[float]) -> np.ndarray:
    """Predictions of the best linear model with no coefficient below zero, for relative errors."""
    scaled = np.array(matrix) / np.array(values)[:, np.newaxis]
    best = np.inf, np.zeros(scaled.shape[1])
    for count in range(1, scaled.shape[1] + 1):
        for used in map(list, itertools.combinations(range(scaled.shape[1]), count)):
            some, *_ = np.linalg.lstsq(scaled[:, used], np.ones(len(values)))
            error = float(((scaled[:, used] @ some - 1.0) ** 2).sum())
            if (some >= 0).all() and error < best[0]:
                best = error, np.zeros(scaled.shape[1])
                best[1][used] = some
    print("coefficients", " ".join(f"{value:.3g}" for value in best[1]))
    return np.array(matrix) @ best[1]


def draw(which: list[Run], seconds: Any, predicted: Any, file: Path) -> None:
    """Measured and predicted times, side by side."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt
    from matplotlib.ticker import NullFormatter

    mpl.rcParams |= {"svg.hashsalt": "gpuprop", "font.size": 8, "svg.fonttype": "none"}
    figure, panel = plt.subplots(figsize=(4.2, 3.4))
    sizes = [run.n_objects for run in which]
    points = panel.scatter(seconds, predicted, c=np.log10(sizes), cmap="viridis")
    ends = [min(seconds) / 1.5, max(seconds) * 1.5]
    panel.plot(ends, ends, color="tab:gray", linewidth=0.8)
    panel.set(xscale="log", yscale="log", xlabel="measured, s", ylabel="predicted, s")
    panel.set_aspect("equal")
    for axis in (panel.xaxis, panel.yaxis):
        axis.set_minor_formatter(NullFormatter())
    figure.colorbar(points, label="objects, power of ten")
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--largest", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--figure", type=Path, help="SVG file for measured against predicted times")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        work(Run(*json.loads(options.worker)), options.rounds)
        return 0
    which = runs(options.largest, len(os.sched_getaffinity(0)))
    rows = [measure(run, options.rounds) for run in which]
    times, memories = zip(*map(features, which, rows), strict=True)
    seconds, peaks = ([row[name] for row in rows] for name in ("seconds", "peak_mb"))
    predicted_s, predicted_mb = fitted(list(times), seconds), fitted(list(memories), peaks)
    print("| objects | hours | km | cores | step s | encounters | s | predicted | MB | predicted |")
    print("|" + "---|" * 10)
    for run, row, time_s, memory_mb in zip(which, rows, predicted_s, predicted_mb, strict=True):
        asked = f"{run.n_objects:,} | {run.hours:g} | {run.threshold_km:g} | {run.cores}"
        found = f"{row['step_s']:g} | {row['encounters']:,}"
        cost = f"{row['seconds']:.2f} | {time_s:.2f} | {row['peak_mb']:.0f} | {memory_mb:.0f}"
        print(f"| {asked} | {found} | {cost} |")
    off = np.abs(predicted_s / seconds - 1.0)
    print(f"time off by {100 * np.median(off):.0f} % in the median, {100 * off.max():.0f} % at most")
    if options.figure:
        draw(which, seconds, predicted_s, options.figure)
    return int(off.max() > WORST)


if __name__ == "__main__":
    sys.exit(main())
