"""Minima and crossings against motion whose answer is known in closed form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gpuprop.engines.cpu.refine import vertex_s
from gpuprop.screening.refine import Pairs, crossings, last_usable, minima

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

S = 1_000_000_000


class Paths:
    """An engine whose objects move on given functions of time (s)."""

    def __init__(self, *paths: Callable[[Any], Any]) -> None:
        self.paths = paths

    def states_at(
        self, model: Any, rows: Any, times_ns: Any, *, velocity: bool = True
    ) -> tuple[NDArray[np.float64], NDArray[np.float64] | None, NDArray[np.uint8]]:
        r = np.array([self.paths[row](t / S) for row, t in zip(rows, times_ns, strict=True)]).reshape(-1, 3)
        v = np.zeros_like(r) if velocity else None
        return r, v, np.isnan(r[:, 0]).astype(np.uint8)


def still(t: float) -> list[float]:
    return [7000.0, 0.0, 0.0]


def pairs_of(*paths: Callable[[Any], Any]) -> Pairs:
    """Pair the object standing still with each of the paths."""
    n = len(paths)
    return Pairs(Paths(still, *paths), None, np.zeros(n, np.int64), np.arange(1, n + 1))


def bracket(
    pairs: Pairs, left_s: float, middle_s: float, right_s: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    n = len(pairs.row_1)
    times = [np.full(n, round(t * S)) for t in (left_s, middle_s, right_s)]
    return np.stack(times, axis=1), np.stack([pairs.range2(t) for t in times], axis=1)


@pytest.mark.parametrize(
    ("miss_km", "speed_km_s", "tca_s"),
    [(0.0, 15.0, 3.25), (1e-3, 10.0, 9.999), (4.999, 0.1, 5.0), (2.0, 17.12, 0.001), (3.0, 0.5, 10.0)],
)
def test_straight_flyby(miss_km: float, speed_km_s: float, tca_s: float) -> None:
    pairs = pairs_of(lambda t: [7000.0 + miss_km, speed_km_s * (t - tca_s), 0.0])
    tca_ns, range2 = minima(pairs, *bracket(pairs, 0.0, 5.0, 10.0))
    assert tca_ns[0] == pytest.approx(tca_s * S, abs=1e-6 * S)
    assert np.sqrt(range2[0]) == pytest.approx(miss_km, abs=1e-8)


def test_a_curved_and_slow_approach() -> None:
    # range = 1 + (1 - cos(w (t - 4))) with w = 1e-3 rad/s, as two neighbours in one orbit
    pairs = pairs_of(lambda t: [7002.0 - np.cos(1e-3 * (t - 4.0)), 0.0, 0.0])
    tca_ns, range2 = minima(pairs, *bracket(pairs, -10.0, 0.0, 10.0))
    assert tca_ns[0] == pytest.approx(4.0 * S, abs=0.05 * S)
    assert np.sqrt(range2[0]) == pytest.approx(1.0, abs=1e-9)


def test_many_minima_at_once_are_those_of_each_alone() -> None:
    rng = np.random.default_rng(1)
    paths = [
        (lambda t, m=m, s=s, c=c: [7000.0 + m, s * (t - c), 0.0])
        for m, s, c in zip(
            rng.uniform(0, 5, 20), rng.uniform(0.05, 15, 20), rng.uniform(1, 9, 20), strict=True
        )
    ]
    together = pairs_of(*paths)
    tca_ns, range2 = minima(together, *bracket(together, 0.0, 5.0, 10.0))
    for k, path in enumerate(paths):
        alone = pairs_of(path)
        one_ns, one = minima(alone, *bracket(alone, 0.0, 5.0, 10.0))
        assert (one_ns[0], one[0]) == (tca_ns[k], range2[k])


def test_crossing_of_the_threshold() -> None:
    # At 10 km/s past 3 km, the range is 5 km at 4 km along the path: 0.4 s before and after TCA.
    pairs = pairs_of(lambda t: [7003.0, 10.0 * (t - 2.0), 0.0])
    at = {t: (np.array([round(t * S)]), pairs.range2(np.array([round(t * S)]))) for t in (-10.0, 2.0, 10.0)}
    for lowest in (9.0, 4.0):
        least = np.array([lowest])
        assert crossings(pairs, 25.0, least, at[2.0], at[-10.0])[0] == pytest.approx(1.6 * S, abs=1000)
        assert crossings(pairs, 25.0, least, at[2.0], at[10.0])[0] == pytest.approx(2.4 * S, abs=1000)


@pytest.mark.parametrize("power", [1, 3, 9])
def test_crossing_of_a_crooked_range_ends(power: int) -> None:
    pairs = pairs_of(lambda t: [7000.0 + t**power, 0.0, 0.0])
    inside, outside = np.array([0]), np.array([9 * S])
    least = pairs.range2(inside)
    found = crossings(pairs, 4.0, least, (inside, least), (outside, pairs.range2(outside)))
    assert found[0] == pytest.approx(2.0 ** (1 / power) * S, abs=1000)


def test_last_usable_instant_is_found_to_the_nanosecond() -> None:
    fails_at = 1_234_567_891
    pairs = pairs_of(lambda t: [7001.0, 0.0, 0.0] if t * S < fails_at - 0.5 else [np.nan] * 3)
    assert last_usable(pairs, np.array([0]), np.array([10 * S]))[0] == fails_at - 1


def test_vertex_of_a_parabola_and_of_none() -> None:
    def vertex(f: Callable[[float], float]) -> tuple[float, float]:
        return vertex_s(-2.0, 3.0, f(-2.0), f(0.0), f(3.0))

    assert vertex(lambda t: 3 * (t - 1) ** 2 + 7) == pytest.approx((1.0, 3.0))
    offset, curvature = vertex(lambda t: -t * t)
    assert curvature < 0
    assert offset == 3.0
