"""Speed of propagation on this machine, beside what its arithmetic units can do at best.

    python validation/propagation_speed.py [--threads N]

Prints millions of states a second for the bundled catalog of 2024-11-01, best of several
runs into arrays that have been written before, then the machine's rate of 512-bit (or
widest) fused multiply-adds, divisions and square roots. Takes about a minute.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import numba
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gpuprop import Catalog, get_num_threads, set_num_threads
from gpuprop.engines import get_engine
from gpuprop.engines.cpu.compile import fma, prefer_wide_vectors

if TYPE_CHECKING:
    from collections.abc import Callable

    from gpuprop.engines.cpu.model import Model

ELEMENTS = ["mean_motion", "eccentricity", "inclination", "ra_of_asc_node"]
ELEMENTS += ["arg_of_pericenter", "mean_anomaly", "bstar"]
ENGINE = get_engine("cpu")
REPEATS = 15


def best(call: Callable[[], object]) -> float:
    """Seconds of the fastest of several calls, the first left out."""
    call()
    times = []
    for _ in range(REPEATS):
        start = perf_counter()
        call()
        times.append(perf_counter() - start)
    return min(times)


def initialize(catalog: Catalog) -> Model:
    """Prepare a catalog."""
    return ENGINE.initialize(epoch_ns=catalog.epoch, **{name: getattr(catalog, name) for name in ELEMENTS})


def times_of(n_time: int) -> np.ndarray:
    """Evenly spread over the day after the catalog's date."""
    return 1_730_419_200_000_000_000 + np.arange(n_time) * (86_400_000_000_000 // n_time)


def show(name: str, n_sat: int, n_time: int, seconds: float) -> None:
    """Print one line."""
    rate = n_sat * n_time / seconds / 1e6
    print(f"{name:44s} {n_sat:6d} x {n_time:7d} {rate:8.1f} M states/s {seconds:8.4f} s", flush=True)


def grid(name: str, catalog: Catalog, n_time: int, *, velocity: bool) -> None:
    """Time `propagate` of the engine."""
    model, times = initialize(catalog), times_of(n_time)
    shape = (len(catalog), n_time)
    r, status = np.ones((*shape, 3)), np.ones(shape, np.uint8)
    v = np.ones((*shape, 3)) if velocity else None
    show(name, *shape, best(lambda: ENGINE.propagate(model, times, r, v, status)))


def columns(name: str, catalog: Catalog, n_time: int) -> None:
    """Time `positions` of the engine, on one thread."""
    model, times = initialize(catalog), times_of(n_time)
    out, status = np.ones((n_time, 3, len(catalog))), np.ones((n_time, len(catalog)), np.uint8)
    seconds = best(lambda: ENGINE.positions(model, model.order, times, out, status))
    show(name, len(catalog), n_time, seconds)


@numba.njit(error_model="numpy")
def _multiply_add(rounds, buf):
    prefer_wide_vectors()
    for _ in range(rounds):
        for j in range(128):
            x = buf[j]
            for _ in range(16):
                x = fma(x, 0.999999999, 1e-9)
            buf[j] = x


@numba.njit(error_model="numpy")
def _divide(rounds, buf):
    prefer_wide_vectors()
    for _ in range(rounds):
        for j in range(128):
            buf[j] = 1.0000001 / buf[j]


@numba.njit(error_model="numpy")
def _root(rounds, buf):
    prefer_wide_vectors()
    for _ in range(rounds):
        for j in range(128):
            buf[j] = np.sqrt(buf[j])


def main() -> int:
    """Print all lines."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=1)
    set_num_threads(parser.parse_args().threads)
    sample = Catalog.sample()
    regime = initialize(sample).regime
    near, deep, resonant = (sample[regime == kind] for kind in (1, 2, 3))
    print(f"{get_num_threads()} thread(s), numba {numba.__version__}")
    show("initialize", len(sample), 1, best(lambda: initialize(sample)))
    grid("near-Earth, r and v", near[::6], 960, velocity=True)
    grid("near-Earth, r", near[::6], 960, velocity=False)
    grid("near-Earth, r and v, output within the cache", near[:16], 960, velocity=True)
    grid("near-Earth, r and v, few times", near, 16, velocity=True)
    grid("deep space, r and v", deep, 960, velocity=True)
    grid("deep space with resonance, r and v", resonant, 960, velocity=True)
    grid("all, r and v", sample[::5], 960, velocity=True)
    grid("one object, r and v", near[:1], 1_000_000, velocity=True)
    columns("all, r, time-major (one thread)", sample, 16)
    buf = np.ones(128)
    for name, function, per_round in (
        ("multiply-add", _multiply_add, 16 * 128),
        ("divide", _divide, 128),
        ("square root", _root, 128),
    ):
        seconds = best(lambda: function(20_000, buf))  # noqa: B023 - called at once
        print(f"{name:44s} {20_000 * per_round / seconds / 1e9:8.2f} G lanes/s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
