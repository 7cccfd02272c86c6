"""Speed of the CUDA engine, measured with CUDA events, the CPU engine beside it. Writes JSON, prints a table.

Usage: python validation/gpu_benchmark.py RESULTS.json [--dry-run]

With --dry-run the emulated engine of the tests runs everything once at a hundredth of the size: its
figures mean nothing.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import gpuprop
from gpuprop.engines import get_engine
from gpuprop.engines.cuda import probe
from gpuprop.propagation import prepare

if TYPE_CHECKING:
    from collections.abc import Callable

START = np.datetime64("2024-11-01T00:00:00", "ns")
SIZES = (27_000, 100_000, 1_000_000)
REPEATS = 15
# Of near-Earth states, counted in SASS for sm_90: what the float64 pipe has to do for one
FLOAT64_INSTRUCTIONS = {"rv": 372, "r": 332}
# Float64 instructions of a multiprocessor in one clock, by compute capability; 2 on all others
FLOAT64_PER_CLOCK = {"80": 32, "90": 64, "100": 64}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path)
    parser.add_argument("--dry-run", action="store_true")
    options = parser.parse_args()
    if options.dry_run:
        emulate()
    engine = get_engine("cuda")
    bench = Bench(engine, scale=100 if options.dry_run else 1)
    results = {
        "machine": machine(engine),
        "dry_run": options.dry_run,
        "propagation": bench.propagation(),
        "host_copy": bench.host_copy(),
        "screening": bench.screening(),
        "cpu": bench.cpu(),
    }
    options.results.write_text(json.dumps(results, indent=1))
    for line in table(results):
        print(line)


def emulate() -> None:
    """Let the emulated engine answer for the CUDA engine."""
    from gpuprop.engines.cuda.engine import CudaEngine
    from tests.emulation.device import EmulatedDevice

    emulated = CudaEngine(EmulatedDevice())
    probe.find = lambda: probe.Finding(emulated, "emulated")  # type: ignore[assignment]


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

    def timed(self, run: Callable[[int], None]) -> dict[str, float]:
        """Time `run`, called with a new number each time: median, fastest and slowest, s."""
        run(-1)
        seconds = sorted(self._once(run, k) for k in range(self.repeats))
        return {"median_s": statistics.median(seconds), "least_s": seconds[0], "most_s": seconds[-1]}

    def _once(self, run: Callable[[int], None], k: int) -> float:
        xp = self.engine.xp
        if xp is np:
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

    def propagation(self) -> list[dict[str, Any]]:
        """States/s by catalog, precision and output."""
        rows = []
        for name, catalog in self.catalogs().items():
            _, model = prepare(catalog, "cuda", "afspc", "float64")
            budget = min(8e9, 0.4 * self.engine.device.free_bytes()) / self.scale
            n_time = int(max(16, min(4096, budget // (49 * max(len(catalog), 1)))))
            for precision in self.engine.precisions:
                for output in ("rv", "r"):
                    rows.append(self._states(name, model, n_time, precision, output))
        return rows

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
            "catalog": name,
            "objects": shape[0],
            "times": n_time,
            "precision": precision,
            "output": output,
        }
        row |= {**measured, "states_per_s": rate}
        if name == "near-Earth" and precision == "float64" and xp is not np:
            row["share_of_ceiling"] = rate / self._ceiling(output)
        return row

    def _ceiling(self, output: str) -> float:
        """States/s that the float64 pipes could do, from instructions counted."""
        device = self.engine.xp.cuda.Device()
        attributes = device.attributes
        per_clock = FLOAT64_PER_CLOCK.get(device.compute_capability, 2)
        clocks = attributes["MultiProcessorCount"] * attributes["ClockRate"] * 1e3  # kHz
        return float(clocks * per_clock / FLOAT64_INSTRUCTIONS[output])

    def host_copy(self) -> dict[str, float]:
        """What it takes to bring states to the host."""
        catalog = gpuprop.Catalog.sample()[:: self.scale]
        states = gpuprop.propagate(catalog, START + np.arange(256).astype("timedelta64[m]"), engine="cuda")
        measured = self.timed(lambda _: states.to_numpy() and None)
        return {**measured, "states_per_s": states.status.size / measured["median_s"]}

    def screening(self) -> list[dict[str, Any]]:
        """Seconds for whole screenings, everything included."""
        cases: list[tuple[str, gpuprop.Catalog, int]] = [
            ("bundled catalog", gpuprop.Catalog.sample(), 24),
            ("bundled catalog", gpuprop.Catalog.sample(), 168),
            ("1,000,000 objects", gpuprop.Catalog.synthetic(1_000_000 // self.scale, seed=1), 24),
        ]
        return [self._screened(name, catalog[:: self.scale], hours, "cuda") for name, catalog, hours in cases]

    def _screened(self, name: str, catalog: gpuprop.Catalog, hours: int, engine: str) -> dict[str, Any]:
        span = np.timedelta64(max(1, hours * 60 // self.scale), "m")
        gpuprop.screen(catalog[:1000], START, START + np.timedelta64(5, "m"), engine=engine)
        began = time.perf_counter()
        found = gpuprop.screen(catalog, START, START + span, threshold_km=5.0, engine=engine)
        seconds = time.perf_counter() - began
        return {
            "catalog": name,
            "hours": hours,
            "engine": engine,
            "seconds": seconds,
            "encounters": len(found),
        }

    def cpu(self) -> dict[str, Any]:
        """Run the CPU engine on the same machine."""
        catalog = gpuprop.Catalog.sample()[:: self.scale]
        times = START + np.arange(200).astype("timedelta64[m]")
        gpuprop.propagate(catalog, times[:2], engine="cpu")
        began = time.perf_counter()
        states = gpuprop.propagate(catalog, times, engine="cpu")
        rate = states.status.size / (time.perf_counter() - began)
        screened = self._screened("bundled catalog", catalog, 24, "cpu")
        return {"threads": gpuprop.get_num_threads(), "states_per_s": rate, "screening": screened}


def table(results: dict[str, Any]) -> list[str]:
    """Lay the results out in short."""
    lines = [f"{key}: {value}" for key, value in results["machine"].items()]
    if results["dry_run"]:
        lines.append("DRY RUN: emulated engine, no figure below means anything")
    lines.append(f"{'states':<22}{'precision':<11}{'output':<8}{'M states/s':>12}{'of ceiling':>12}")
    for row in results["propagation"]:
        share = f"{row['share_of_ceiling']:.0%}" if "share_of_ceiling" in row else ""
        rate = f"{row['states_per_s'] / 1e6:,.1f}"
        lines.append(f"{row['catalog']:<22}{row['precision']:<11}{row['output']:<8}{rate:>12}{share:>12}")
    lines.append(f"{'copied to the host':<41}{results['host_copy']['states_per_s'] / 1e6:>12,.1f}")
    lines.append(f"{'CPU engine':<41}{results['cpu']['states_per_s'] / 1e6:>12,.1f}")
    for row in [*results["screening"], results["cpu"]["screening"]]:
        what = f"screening {row['hours']} h, {row['catalog']}, {row['engine']}"
        lines.append(f"{what:<53}{row['seconds']:>10.2f} s, {row['encounters']:,} encounters")
    return lines


if __name__ == "__main__":
    main()
