"""Every kernel of the CUDA engine once, on little data: what the sanitizers are run on. Exits with 0 or 1.

    compute-sanitizer --tool memcheck python validation/gpu_kernels.py    on a machine with a GPU
    python validation/gpu_kernels.py --emulated                           anywhere with g++

Results are compared with those of the CPU engine. CuPy's memory pool is switched off, so that each array
is an allocation of its own and an access beyond its end is one beyond an allocation.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import gpuprop
from gpuprop.engines import get_engine
from gpuprop.engines.cuda import probe, source

START = np.datetime64("2024-11-01T00:00:00", "ns")
MINUTE = np.timedelta64(1, "m")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--emulated", action="store_true", help="take the emulated engine of the tests")
    engine = emulated() if parser.parse_args().emulated else alone()
    launched = counted(engine.device)
    catalog = small_catalog()
    good = [states_agree(catalog), screening_agrees(catalog), failing_step(engine), crowded_step(engine)]
    missing = source.kernels().keys() - launched.keys()
    for kernel in source.kernels():
        print(f"{kernel:<28}{launched[kernel]:>4} launches")
    for kernel in missing:
        print(f"{kernel} was not launched")
    print("all results agree" if all(good) and not missing else "FAILED")
    return 0 if all(good) and not missing else 1


def emulated() -> Any:
    """Let the emulated engine answer for the CUDA engine."""
    from gpuprop.engines.cuda.engine import CudaEngine
    from tests.emulation.device import EmulatedDevice

    engine = CudaEngine(EmulatedDevice())
    probe.find = lambda: probe.Finding(engine, "emulated")  # type: ignore[assignment]  # in its place
    return engine


def alone() -> Any:
    """Return the CUDA engine, every array of it an allocation of its own."""
    import cupy

    cupy.cuda.set_allocator(None)
    return get_engine("cuda")


def counted(device: Any) -> Counter[str]:
    """Count launches from here on."""
    launched: Counter[str] = Counter()
    launch = device.launch

    def counting(kernel: str, threads: int, *arguments: Any) -> None:
        launched[kernel] += threads > 0
        launch(kernel, threads, *arguments)

    device.launch = counting
    return launched


def small_catalog() -> gpuprop.Catalog:
    """Objects of all regimes, among them those with the strongest drag, which fail."""
    sample = gpuprop.Catalog.sample()
    rows = [
        np.arange(0, len(sample), 97),
        np.argsort(-sample.bstar)[:20],
        np.argsort(sample.mean_motion)[:20],
    ]
    return sample[np.unique(np.concatenate(rows))]


def states_agree(catalog: gpuprop.Catalog) -> bool:
    """States in every precision and output, at instants and at minutes since epoch."""
    times = START + MINUTE * np.array([0, 7, 1441, 20_000, 40_000, -900])
    minutes = np.array([0.0, 12.5, -300.0, 1e4])
    worst = 0.0
    for velocity in (True, False):
        here, there = (gpuprop.propagate(catalog, times, engine=name, velocity=velocity).to_numpy()
                       for name in ("cuda", "cpu"))  # fmt: skip
        if (here.status != there.status).any():
            return told("states: status differs", good=False)
        worst = max(worst, apart(here, there))
        for precision in ("float64", "mixed"):
            since = gpuprop.propagate_since_epoch(
                catalog, minutes, engine="cuda", velocity=velocity, precision=precision
            )
            expected = gpuprop.propagate_since_epoch(catalog, minutes, engine="cpu", velocity=velocity)
            if precision == "float64":
                worst = max(worst, apart(since.to_numpy(), expected))
            elif apart(since.to_numpy(), expected) > 5e-5:
                return told("states: mixed precision is out of its bound", good=False)
    return told(f"states: {worst * 1e6:.2g} mm from the CPU engine", good=worst < 1e-4)


def apart(a: Any, b: Any) -> float:
    return float(np.nanmax(np.abs(a.r - b.r)))


def screening_agrees(catalog: gpuprop.Catalog) -> bool:
    """One screening, from initialization to encounters."""
    tables = []
    for name in ("cuda", "cpu"):
        found = gpuprop.screen(catalog, START, START + 90 * MINUTE, threshold_km=150, engine=name)
        tables.append((found.norad_id_1.tolist(), found.norad_id_2.tolist(), found.kind.tolist()))
    return told(f"screening: {len(tables[1][0])} encounters", good=tables[0] == tables[1])


def failing_step(engine: Any) -> bool:
    """An object that fails within a step, and one too long for a cell."""
    from gpuprop.engines.geometry import SieveGeometry

    angle = np.linspace(0.0, 2.0 * np.pi, 65)[:-1]
    ring = 7000.0 * np.stack([np.cos(angle), np.sin(angle), np.zeros(64)])
    later = 7000.0 * np.stack([np.cos(angle + 0.06), np.sin(angle + 0.06), np.zeros(64)])
    positions = np.stack([ring, later])
    positions[1, :, 0] = np.nan
    positions[1, :, 32] = 7000.0 * np.array([0.0, 1.0, 0.0])
    pair, _ = engine.sieve(SieveGeometry.of(5.0, 60.0), positions, np.full(64, 7000.0), np.zeros(64), 0)
    expected, _ = get_engine("cpu").sieve(
        SieveGeometry.of(5.0, 60.0), positions, np.full(64, 7000.0), np.zeros(64), 0
    )
    return told(f"sieve: {len(pair)} candidates", good=sorted_pairs(pair) == sorted_pairs(expected))


def crowded_step(engine: Any) -> bool:
    """More candidates than there is room for at first."""
    from gpuprop.engines.geometry import SieveGeometry

    n = 80
    start = np.array([7000.0, 0.0, 0.0])[:, None] + np.random.default_rng(0).uniform(-1, 1, (3, n))
    positions = np.stack([start, start + np.array([0.0, 450.0, 0.0])[:, None]])
    pair, _ = engine.sieve(SieveGeometry.of(50.0, 60.0), positions, np.full(n, 7000.0), np.zeros(n), 0)
    return told(f"a crowd: {len(pair)} candidates", good=len(sorted_pairs(pair)) == n * (n - 1) // 2)


def sorted_pairs(pair: Any) -> list[tuple[int, ...]]:
    return sorted({tuple(sorted(row)) for row in pair[:, :2].tolist()})


def told(what: str, *, good: bool) -> bool:
    print(f"{what}: {'agree' if good else 'DIFFER'}", flush=True)
    return good


if __name__ == "__main__":
    sys.exit(main())
