"""Probability of collision: digits against 30-digit arithmetic, and how many a second.

    python validation/probability.py

Needs mpmath. Fails when fewer than nine digits agree for a probability above 1e-60.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING

import mpmath
import numpy as np

import gpuprop
from gpuprop.screening.probability import disk_probability

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

TOLERANCE = 1e-9
SMALLEST = 1e-60
CHORDS = 200  # pieces, each integrated on its own, so that no narrow peak falls between nodes


def exact(miss: Floats, sigma: Floats) -> float:
    """Integrate the Gaussian over the unit disk, chord by chord across the first axis."""
    x, y = map(mpmath.mpf, np.abs(miss).tolist())
    sx, sy = map(mpmath.mpf, sigma.tolist())
    root = mpmath.sqrt(2)

    def chord(phi: mpmath.mpf) -> mpmath.mpf:
        c = mpmath.cos(phi)
        mass = mpmath.erfc((y - c) / (root * sy)) - mpmath.erfc((y + c) / (root * sy))
        return c * mpmath.exp(-(((mpmath.sin(phi) - x) / sx) ** 2) / 2) * mass

    ends = [mpmath.pi * (mpmath.mpf(k) / CHORDS - mpmath.mpf(1) / 2) for k in range(CHORDS + 1)]
    return float(mpmath.quad(chord, ends, maxdegree=3) / (2 * sx * mpmath.sqrt(2 * mpmath.pi)))


def worst_error(cases: int) -> float:
    """Return the largest relative error over random misses and sigmas, needles and large disks included."""
    mpmath.mp.dps = 30
    rng = np.random.default_rng(7)
    worst, done = 0.0, 0
    while done < cases:
        sigma = np.sort(10.0 ** rng.uniform(-1.7, 2.5, 2))
        direction = rng.uniform(0.0, np.pi / 2.0)
        miss = 10.0 ** rng.uniform(-1.0, 2.0) * np.array([np.cos(direction), np.sin(direction)])
        expected = exact(miss, sigma)
        if expected < SMALLEST:
            continue
        found = disk_probability(miss, sigma, hard_body_radius_m=1.0)[0]
        worst, done = max(worst, abs(found / expected - 1.0)), done + 1
    return worst


def rate(rows: int, *, maximum: bool) -> float:
    """Return encounters a second, from states and covariances, on all threads."""
    rng = np.random.default_rng(1)
    up = rng.normal(size=(rows, 3))
    r1 = 7000.0 * up / np.linalg.norm(up, axis=1)[:, None]
    v1, v2 = (np.cross(up, rng.normal(size=(rows, 3))) for _ in range(2))
    v1, v2 = (7.5 * v / np.linalg.norm(v, axis=1)[:, None] for v in (v1, v2))
    covariance = np.zeros((rows, 3, 3))
    covariance[:, range(3), range(3)] = 10.0 ** rng.uniform(3.0, 7.0, (rows, 3))
    r2 = r1 + 2.0 * rng.normal(size=(rows, 3))
    best = np.inf
    for _ in range(4):
        began = time.perf_counter()
        gpuprop.collision_probability(
            r1_km=r1,
            v1_km_s=v1,
            covariance_1_m2=covariance,
            r2_km=r2,
            v2_km_s=v2,
            covariance_2_m2=covariance,
            hard_body_radius_m=10.0,
            maximum=maximum,
        )
        best = min(best, time.perf_counter() - began)
    return rows / best


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=60)
    parser.add_argument("--rows", type=int, default=1_000_000)
    asked = parser.parse_args()
    worst = worst_error(asked.cases)
    print(f"largest relative error of {asked.cases} cases   {worst:.1e}")
    print(
        f"probabilities a second, {gpuprop.get_num_threads()} threads  {rate(asked.rows, maximum=False):,.0f}"
    )
    print(f"with the maximum                    {rate(asked.rows // 20, maximum=True):,.0f}")
    return 0 if worst <= TOLERANCE else 1


if __name__ == "__main__":
    sys.exit(main())
