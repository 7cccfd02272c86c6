"""Large catalogs under a cap that the system enforces, checked by brute force; workers and threads.

    python validation/scale.py run --objects 100000 --hours 24 --cap 2GB --max-memory 500MB [--sample 20]
    python validation/scale.py workers [--hours 24]
    python validation/scale.py rescreen [--objects 27000] [--hours 24] [--part 0.01]

`run` screens a synthetic catalog in a process of its own in a memory control group (needs root):
it is killed if it needs more than the cap. A random sample of objects is then compared with all others by
brute force, from positions every 0.25 s. `workers` compares two processes with two threads, `rescreen` new
elements for a part of the objects with a full run, by the median of some rounds. Each prints a table and
exits with 1 if what it shows does not hold.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from pyarrow import dataset

import gpuprop
from gpuprop.screening.plan import memory_bytes

START = np.datetime64("2024-11-01", "ns")
THRESHOLD_KM = 5.0


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run")
    run.add_argument("--objects", type=int, default=100_000)
    run.add_argument("--hours", type=float, default=24.0)
    run.add_argument("--cap", default="2GB")
    run.add_argument("--max-memory", default="500MB")
    run.add_argument("--sample", type=int, default=40)
    run.add_argument("--keep", type=Path, help="folder for the run, which may be resumed")
    run.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    workers = commands.add_parser("workers")
    workers.add_argument("--objects", type=int, default=100_000)
    workers.add_argument("--hours", type=float, default=24.0)
    rescreen = commands.add_parser("rescreen")
    rescreen.add_argument("--objects", type=int, default=27_000)
    rescreen.add_argument("--hours", type=float, default=24.0)
    rescreen.add_argument("--part", type=float, default=0.01)
    rescreen.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    return {"run": under_cap, "workers": workers_and_threads, "rescreen": new_elements}[options.command](
        options
    )


def window(hours: float) -> tuple[np.datetime64, np.datetime64]:
    return START, START + np.timedelta64(round(hours * 3600), "s")


def under_cap(options: argparse.Namespace) -> int:
    if options.inside:
        return inside(options)
    with tempfile.TemporaryDirectory(prefix="gpuprop-scale-") as name:
        folder = options.keep or Path(name) / "run"
        group = Group(memory_bytes(options.cap))
        try:
            words = [*sys.argv, "--inside", "--keep", str(folder)]
            done = subprocess.run([sys.executable, *words], preexec_fn=group.join, check=False)
            peak = group.peak()
        finally:
            group.remove()
        print(f"cap {options.cap}: peak {peak / 1e6:.0f} MB, exit {done.returncode}", flush=True)
        if done.returncode:
            return 1
        return complete(options, folder / "encounters.parquet")


def inside(options: argparse.Namespace) -> int:
    catalog = gpuprop.Catalog.synthetic(options.objects, seed=1)
    began, cpu = time.perf_counter(), time.process_time()
    path = gpuprop.screen_to(
        options.keep,
        catalog,
        *window(options.hours),
        threshold_km=THRESHOLD_KM,
        max_memory=options.max_memory,
        resume=True,
        progress=Progress(),
    )
    print(
        json.dumps(
            {
                "objects": len(catalog),
                "hours": options.hours,
                "encounters": dataset.dataset(path).count_rows(),
                "seconds": round(time.perf_counter() - began, 1),
                "cpu seconds": round(time.process_time() - cpu, 1),
                "threads": gpuprop.get_num_threads(),
            }
        )
    )
    return 0


class Progress:
    """Prints a line at every tenth."""

    def __init__(self) -> None:
        self.shown = 0
        self.began = time.perf_counter()

    def __call__(self, done: int, total: int) -> None:
        if 10 * done // total > self.shown:
            self.shown = 10 * done // total
            print(f"{done} of {total} steps, {time.perf_counter() - self.began:.0f} s", flush=True)


class Group:
    """A memory control group."""

    def __init__(self, most_bytes: int) -> None:
        first = Path("/sys/fs/cgroup/memory")
        self.old = first.is_dir()
        self.path = (first if self.old else Path("/sys/fs/cgroup")) / f"gpuprop-{os.getpid()}"
        self.path.mkdir()
        (self.path / ("memory.limit_in_bytes" if self.old else "memory.max")).write_text(str(most_bytes))

    def join(self) -> None:
        (self.path / "cgroup.procs").write_text(str(os.getpid()))

    def peak(self) -> int:
        return int((self.path / ("memory.max_usage_in_bytes" if self.old else "memory.peak")).read_text())

    def remove(self) -> None:
        self.path.rmdir()


def complete(options: argparse.Namespace, path: Path) -> int:
    """Look in the result for what brute force finds of a sample of objects."""
    catalog = gpuprop.Catalog.synthetic(options.objects, seed=1)
    chosen = np.sort(np.random.default_rng(7).choice(len(catalog), options.sample, replace=False))
    expected = brute_force(catalog, chosen, options.hours)
    ids = catalog.norad_id[chosen].tolist()
    either = dataset.field("norad_id_1").isin(ids) | dataset.field("norad_id_2").isin(ids)
    found = gpuprop.Encounters(dataset.dataset(path).to_table(filter=either))
    known: dict[tuple[int, int], list[tuple[float, float]]] = {}
    span = [
        np.where(np.isnat(column), edge, column)
        for column, edge in zip((found.enter, found.exit), window(options.hours), strict=True)
    ]
    begins, ends = ((column - START).astype("timedelta64[ns]").astype(float) / 1e9 for column in span)
    for a, b, begin, end in zip(found.norad_id_1, found.norad_id_2, begins, ends, strict=True):
        known.setdefault((int(a), int(b)), []).append((begin - 1e-3, end + 1e-3))
    missed = [
        (a, b, t) for a, b, t in expected if not any(low <= t <= high for low, high in known.get((a, b), []))
    ]
    print("| sampled objects | samples within 5 km by brute force | rows with them | missed |")
    print("|---" * 4 + "|")
    print(f"| {len(chosen)} | {len(expected)} | {len(found)} | {len(missed)} |")
    return 1 if missed or not expected else 0


def brute_force(catalog: gpuprop.Catalog, chosen: np.ndarray, hours: float) -> list[tuple[int, int, float]]:
    """Return pairs of ids and instants, s, at which they are within 5 km."""
    return close_samples(catalog, catalog[chosen], chosen, np.arange(0.0, hours * 3600 + 0.25, 0.25))


def close_samples(
    catalog: gpuprop.Catalog, mine: gpuprop.Catalog, chosen: np.ndarray, grid_s: np.ndarray
) -> list[tuple[int, int, float]]:
    """Look at 10-minute pieces: every 20 s for all pairs within 200 km, then every 0.25 s for those."""
    found = []
    for begin in range(0, len(grid_s), 2400):
        times = grid_s[begin : begin + 2401]
        for chunk in range(0, len(catalog), 50_000):
            part = catalog[chunk : chunk + 50_000]
            coarse = times[::80]
            theirs = positions(part, coarse)
            ours = positions(mine, coarse)
            for row, own in enumerate(ours):
                far = np.linalg.norm(theirs - own, axis=2)
                near = np.flatnonzero(np.nanmin(far, axis=1, initial=np.inf) < 170.0)
                near = near[near + chunk != chosen[row]]
                if len(near):
                    delta = positions(part[near], times) - positions(mine[row : row + 1], times)
                    at, when = np.nonzero(np.linalg.norm(delta, axis=2) <= THRESHOLD_KM)
                    a = int(mine.norad_id[row])
                    for b, t in zip(part.norad_id[near[at]].tolist(), times[when].tolist(), strict=True):
                        found.append((min(a, b), max(a, b), t))
    return sorted(set(found))


def positions(catalog: gpuprop.Catalog, seconds: np.ndarray) -> np.ndarray:
    times = START + np.rint(seconds * 1e9).astype("timedelta64[ns]")
    return gpuprop.propagate(catalog, times, velocity=False).to_numpy().r


def workers_and_threads(options: argparse.Namespace) -> int:
    """Compare two processes with two threads, on whatever else this machine does."""
    catalog = gpuprop.Catalog.synthetic(options.objects, seed=1)
    gpuprop.set_num_threads(2)
    took: dict[str, tuple[float, float]] = {}
    with tempfile.TemporaryDirectory(prefix="gpuprop-scale-") as name:
        for what, more in (("warm", {}), ("two threads", {}), ("two workers", {"workers": 2})):
            hours = 0.1 if what == "warm" else options.hours
            with Stopwatch() as watch:
                gpuprop.screen_to(Path(name) / what, catalog, *window(hours), **more)
            took[what] = watch.seconds, watch.cpu_seconds
        results = [Path(name) / what / "encounters.parquet" for what in ("two threads", "two workers")]
        same = results[0].read_bytes() == results[1].read_bytes()
    over = [workers / threads - 1.0 for threads, workers in zip(*list(took.values())[1:], strict=True)]
    print("| | s | CPU s |\n|---|---|---|")
    for what in ("two threads", "two workers"):
        print(f"| {what} | {took[what][0]:.1f} | {took[what][1]:.1f} |")
    print(f"| overhead, bytes {'equal' if same else 'DIFFER'} | {over[0]:+.1%} | {over[1]:+.1%} |")
    return 0 if same and over[0] < 0.15 else 1


class Stopwatch:
    """Measures time, and CPU time of this process and of those it waited for."""

    def __enter__(self) -> Stopwatch:
        self.began = time.perf_counter(), sum(os.times()[:4])
        return self

    def __exit__(self, *reason: object) -> None:
        self.seconds = time.perf_counter() - self.began[0]
        self.cpu_seconds = sum(os.times()[:4]) - self.began[1]


def new_elements(options: argparse.Namespace) -> int:
    """Give a part of the objects new elements, and compare a rescreening with a full run."""
    before = gpuprop.Catalog.synthetic(options.objects, seed=1)
    random = np.random.default_rng(5)
    rows = random.choice(len(before), round(options.part * len(before)), replace=False)
    moved = before[rows]
    columns = {name: getattr(moved, name).copy() for name in COLUMNS}
    columns["mean_anomaly"] = (columns["mean_anomaly"] + random.normal(0.0, 0.02, len(rows))) % 360.0
    rest = np.setdiff1d(np.arange(len(before)), rows)
    after = gpuprop.Catalog.concatenate([before[rest], gpuprop.Catalog.from_arrays(**columns)])
    short = gpuprop.screen(before, *window(0.1))
    gpuprop.rescreen(short, after, previous_catalog=before)
    previous = gpuprop.screen(before, *window(options.hours))
    took, same = [], True
    for _ in range(options.rounds):
        began = time.process_time()
        whole = gpuprop.screen(after, *window(options.hours))
        between = time.process_time()
        again = gpuprop.rescreen(previous, after, previous_catalog=before)
        took.append((between - began, time.process_time() - between))
        same &= again == whole
    full, part = np.median(took, axis=0)
    shares = [f"{a / b:.1%}" for b, a in took]
    print("| objects | changed | full, CPU s | rescreen, CPU s | part | same table |\n" + "|---" * 6 + "|")
    print(f"| {len(after)} | {len(rows)} | {full:.3f} | {part:.3f} | {part / full:.1%} | {same} |")
    print(f"parts, round by round: {', '.join(shares)}")
    return 0 if same and part < 0.05 * full else 1


COLUMNS = (
    "norad_id",
    "name",
    "epoch",
    "mean_motion",
    "eccentricity",
    "inclination",
    "ra_of_asc_node",
    "arg_of_pericenter",
    "mean_anomaly",
    "bstar",
)

if __name__ == "__main__":
    sys.exit(main())
