"""Speed of the CUDA engine, the CPU engine beside it. Writes JSON after every figure, prints a table.

    python validation/gpu_benchmark.py RESULTS.json [--dry-run]

States are timed with CUDA events around the call, results left on the device: the median of many calls, each
with other times. Screenings are timed by the clock, from catalog to table. With --dry-run the emulated
engine of the tests runs everything once at a hundredth of the size: its figures mean nothing.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import gpuprop
from gpuprop.engines import get_engine
from gpuprop.propagation import prepare
from validation.gpu_kernels import emulated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

START = np.datetime64("2024-11-01T00:00:00", "ns")
SIZES = (27_000, 100_000, 1_000_000)
REPEATS = 15
STEPS_S = (60.0, 90.0, 150.0, 180.0)
# Of near-Earth states, counted in SASS for sm_90: what the float64 pipe has to do for one
FLOAT64_INSTRUCTIONS = {"rv": 372, "r": 332}
# Float64 instructions of a multiprocessor in one clock, by compute capability; 2 on all others
FLOAT64_PER_CLOCK = {"80": 32, "90": 64, "100": 64}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("results", type=Path)
    parser.add_argument("--dry-run", action="store_true")
    options = parser.parse_args()
    engine = emulated() if options.dry_run else get_engine("cuda")
    bench = Bench(engine, scale=100 if options.dry_run else 1)
    results: dict[str, Any] = {"machine": machine(engine), "dry_run": options.dry_run, "rows": []}
    for key, value in results["machine"].items():
        print(f"{key}: {value}")
    if options.dry_run:
        print("DRY RUN: emulated engine, no figure below means anything")
    for row in bench.run():
        results["rows"].append(row)
        options.results.write_text(json.dumps(results, indent=1) + "\n")
        print(line(row), flush=True)
    return 0


def machine(engine: Any) -> dict[str, str]:
    """Tell what was measured, and on what."""
    git = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    return {
        **engine.device.description(),
        "host": platform.processor() or platform.machine(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "gpuprop": gpuprop.__version__,
        "commit": git.stdout.strip(),
    }


class Bench:
    """Runs everything on one engine; sizes and repeats are divided by `scale`."""

    def __init__(self, engine: Any, *, scale: int) -> None:
        self.engine = engine
        self.scale = scale
        self.repeats = max(2, REPEATS // scale)
        self.on_gpu = scale == 1

    def timed(self, run: Callable[[int], None]) -> dict[str, float]:
        """Time `run`, called with a new number each time: median, fastest and slowest, s."""
        run(-1)
        seconds = sorted(self._once(run, k) for k in range(self.repeats))
        return {"median_s": statistics.median(seconds), "least_s": seconds[0], "most_s": seconds[-1]}

    def _once(self, run: Callable[[int], None], k: int) -> float:
        xp = self.engine.xp
        if not self.on_gpu:
            began = time.perf_counter()
            run(k)
            return time.perf_counter() - began
        begin, end = xp.cuda.Event(), xp.cuda.Event()
        begin.record()
        run(k)
        end.record()
        end.synchronize()
        return float(xp.cuda.get_elapsed_time(begin, end)) / 1e3

    def catalogs(self) -> dict[str, gpuprop.Catalog]:
        """Catalogs of each size, and of the smallest the regimes apart."""
        made = {f"{n:,} objects": gpuprop.Catalog.synthetic(n // self.scale, seed=1) for n in SIZES}
        sample = gpuprop.Catalog.sample()[:: self.scale]
        regime = prepare(sample, "cpu", "afspc", "float64")[1].regime
        names = {1: "near-Earth", 2: "deep space", 3: "resonant"}
        return made | {name: sample[np.flatnonzero(regime == kind)] for kind, name in names.items()}

    def run(self) -> Iterator[dict[str, Any]]:
        """Yield a row for each figure, those that matter most first."""
        sample = gpuprop.Catalog.sample()
        million = gpuprop.Catalog.synthetic(1_000_000 // self.scale, seed=1)
        yield from self.propagation()
        yield self.host_copy()
        for hours in (24, 168):
            yield self.screened("bundled catalog", sample, 60 * hours, "cuda")
        for step_s in STEPS_S:
            yield self.screened("bundled catalog", sample, 60 * 24, "cuda", step_s=step_s)
        yield self.cpu_states()
        yield self.screened("bundled catalog", sample, 60 * 24, "cpu")
        for minutes in (10, 60, 60 * 24):
            yield self.screened("1,000,000 objects", million, minutes, "cuda")

    def propagation(self) -> Iterator[dict[str, Any]]:
        """States/s by catalog, precision and output."""
        for name, catalog in self.catalogs().items():
            _, model = prepare(catalog, "cuda", "afspc", "float64")
            budget = min(8e9, 0.4 * self.engine.device.free_bytes()) / self.scale
            n_time = int(max(16, min(4096, budget // (49 * max(len(catalog), 1)))))
            for precision in self.engine.precisions:
                for output in ("rv", "r"):
                    yield self._states(name, model, n_time, precision, output)

    def _states(self, name: str, model: Any, n_time: int, precision: str, output: str) -> dict[str, Any]:
        xp, shape = self.engine.xp, (len(model), n_time)
        r, status = xp.empty((*shape, 3)), xp.empty(shape, np.uint8)
        v = xp.empty_like(r) if output == "rv" else None
        minute = 60_000_000_000
        start = START.astype(np.int64)

        def run(k: int) -> None:
            # Other times in every run, within a span that is known after the first
            times = start + minute * (np.arange(n_time) + (0 if k < 0 else k % 7))
            self.engine.propagate(model, times, r, v, status, precision=precision)

        # Let the longest span be known beforehand: it belongs to the catalog, not to a call
        margin = start + minute * np.array([0, n_time + 7])
        self.engine.states_at(model, np.zeros(2, np.int64), margin)
        measured = self.timed(run)
        rate = shape[0] * shape[1] / measured["median_s"]
        row = {
            "what": "states",
            "catalog": name,
            "objects": shape[0],
            "times": n_time,
            "precision": precision,
            "output": output,
        }
        row |= {**measured, "states_per_s": rate}
        ceiling = self._ceiling(output) if name == "near-Earth" and precision == "float64" else None
        return row | ({"share_of_ceiling": rate / ceiling} if ceiling else {})

    def _ceiling(self, output: str) -> float | None:
        """States/s that the float64 pipes could do, by instructions counted; None without a clock."""
        if not self.on_gpu:
            return None
        device = self.engine.xp.cuda.Device()
        khz = device.attributes.get("ClockRate")
        per_clock = FLOAT64_PER_CLOCK.get(device.compute_capability, 2)
        each_s = per_clock / FLOAT64_INSTRUCTIONS[output]
        return float(device.attributes["MultiProcessorCount"] * khz * 1e3 * each_s) if khz else None

    def host_copy(self) -> dict[str, Any]:
        """What it takes to bring states to the host."""
        catalog = gpuprop.Catalog.sample()[:: self.scale]
        states = gpuprop.propagate(catalog, START + np.arange(256).astype("timedelta64[m]"), engine="cuda")
        measured = self.timed(lambda _: states.to_numpy() and None)
        return {"what": "copy", **measured, "states_per_s": states.status.size / measured["median_s"]}

    def cpu_states(self) -> dict[str, Any]:
        """Propagate with the CPU engine on the same machine."""
        catalog = gpuprop.Catalog.sample()[:: self.scale]
        times = START + np.arange(200).astype("timedelta64[m]")
        gpuprop.propagate(catalog, times[:2], engine="cpu")
        began = time.perf_counter()
        states = gpuprop.propagate(catalog, times, engine="cpu")
        rate = states.status.size / (time.perf_counter() - began)
        return {"what": "cpu states", "threads": gpuprop.get_num_threads(), "states_per_s": rate}

    def screened(
        self, name: str, catalog: gpuprop.Catalog, minutes: int, engine: str, *, step_s: float | None = None
    ) -> dict[str, Any]:
        """Seconds for a whole screening, everything included; everything is compiled beforehand."""
        catalog = catalog[:: self.scale]
        gpuprop.screen(catalog[:1000], START, START + np.timedelta64(5, "m"), engine=engine)
        stop = START + np.timedelta64(max(1, minutes // self.scale), "m")
        seconds = []
        for _ in range(1 if minutes > 24 * 60 or len(catalog) > 100_000 or engine == "cpu" else 3):
            began = time.perf_counter()
            found = gpuprop.screen(catalog, START, stop, threshold_km=5.0, engine=engine, step_s=step_s)
            seconds.append(time.perf_counter() - began)
        return {
            "what": "screening",
            "catalog": name,
            "minutes": minutes,
            "engine": engine,
            "step_s": found.parameters["step_s"],
            "seconds": statistics.median(seconds),
            "encounters": len(found),
        }


def line(row: dict[str, Any]) -> str:
    """Lay a row out in short."""
    if row["what"] == "screening":
        what = f"screening {row['minutes'] / 60:g} h, {row['catalog']}, {row['engine']}, {row['step_s']:g} s"
        return f"{what:<62}{row['seconds']:>10.3f} s, {row['encounters']:,} encounters"
    rate = f"{row['states_per_s'] / 1e6:>12,.1f} M states/s"
    if row["what"] == "states":
        share = f", {row['share_of_ceiling']:.0%} of the ceiling" if "share_of_ceiling" in row else ""
        return f"{row['catalog']:<22}{row['precision']:<11}{row['output']:<8}{rate}{share}"
    if row["what"] == "copy":
        return f"{'copied to the host':<41}{rate}"
    return f"{'CPU engine, threads: ' + str(row['threads']):<41}{rate}"


if __name__ == "__main__":
    sys.exit(main())
