"""The sieve's bound against motion that is known: no pair that meets may be lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gpuprop.engines import get_engine
from gpuprop.engines.geometry import SieveGeometry
from tests.screening.two_body import MU, fall

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LOWEST_PERIGEE_KM = 6430.0


def unit_vectors(rng: np.random.Generator, n: int) -> Floats:
    vectors = rng.normal(size=(n, 3))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def perigee_km(r: Floats, v: Floats) -> Floats:
    """Return perigee radii; negative for what does not come back."""
    a = semi_major_km(r, v)
    h2 = (np.cross(r, v) ** 2).sum(axis=1)
    return np.where(a > 0, a * (1 - np.sqrt(np.maximum(0, 1 - h2 / (MU * a)))), -1.0)


def semi_major_km(r: Floats, v: Floats) -> Floats:
    return 1 / (2 / np.linalg.norm(r, axis=1) - (v**2).sum(axis=1) / MU)


def bound_velocities(rng: np.random.Generator, r: Floats) -> Floats:
    """Velocities of ellipses that stay above the atmosphere, from circular to nearly parabolic."""
    radius = np.linalg.norm(r, axis=1)
    found = np.zeros_like(r)
    todo = np.arange(len(r))
    while len(todo):
        # Mostly across the radius: other directions hit the ground when low.
        up = r[todo] / radius[todo, None]
        across = np.cross(up, unit_vectors(rng, len(todo)))
        across /= np.linalg.norm(across, axis=1, keepdims=True)
        direction = across + up * rng.normal(size=(len(todo), 1)) * 0.3
        speed = np.sqrt(MU / radius[todo]) * rng.uniform(0.8, 1.405, len(todo))
        v = direction / np.linalg.norm(direction, axis=1, keepdims=True) * speed[:, None]
        good = perigee_km(r[todo], v) > LOWEST_PERIGEE_KM
        found[todo[good]] = v[good]
        todo = todo[~good]
    return found


def meeting_pairs(rng: np.random.Generator, n: int, threshold_km: float, step_s: float) -> dict[str, Any]:
    """Pairs that are within the threshold at some instant of one step, and nothing else in common."""
    radius = np.exp(rng.uniform(np.log(LOWEST_PERIGEE_KM + 30 + threshold_km), np.log(45_000), n))
    r1 = unit_vectors(rng, n) * radius[:, None]
    r2 = r1 + unit_vectors(rng, n) * (threshold_km * rng.uniform(0, 1, n) ** 0.2)[:, None]
    v1 = bound_velocities(rng, r1)
    # Half of them move almost alike, as neighbours in a constellation do.
    alike = v1 + rng.normal(size=(n, 3)) * 1e-3
    alone = (rng.random(n) < 0.5) | (perigee_km(r2, alike) < LOWEST_PERIGEE_KM)
    v2 = np.where(alone[:, None], bound_velocities(rng, r2), alike)
    part = rng.uniform(0, 1, n)
    r, v = np.concatenate([r1, r2]), np.concatenate([v1, v2])
    before, after = -np.tile(part, 2) * step_s, (1 - np.tile(part, 2)) * step_s
    positions = np.stack([fall(r, v, before).T, fall(r, v, after).T])
    return {"positions": positions, "semi_major": semi_major_km(r, v), "part": part}


@pytest.mark.parametrize("step_s", [10.0, 60.0, 120.0, 300.0])
@pytest.mark.parametrize("threshold_km", [0.1, 5.0, 50.0, 400.0])
def test_no_meeting_pair_is_lost(engine: Any, step_s: float, threshold_km: float) -> None:
    n = 400
    rng = np.random.default_rng(round(step_s * 7 + threshold_km * 13))
    case = meeting_pairs(rng, n, threshold_km, step_s)
    geometry = SieveGeometry.of(threshold_km, step_s)
    pair, span = engine.sieve(geometry, case["positions"], case["semi_major"], np.zeros(2 * n), 7)
    assert (pair[:, 2] == 7).all()
    spans = {
        (min(i, j), max(i, j)): (begin, end)
        for (i, j), (begin, end) in zip(pair[:, :2].tolist(), span.tolist(), strict=True)
    }
    assert len(spans) == len(pair), "a pair came twice"
    for k in range(n):
        begin, end = spans[k, k + n]
        assert begin - 1e-5 <= case["part"][k] <= end + 1e-5


def test_most_pairs_are_left_out(engine: Any) -> None:
    rng = np.random.default_rng(3)
    case = meeting_pairs(rng, 400, 1.0, 60.0)
    pair, _ = engine.sieve(
        SieveGeometry.of(1.0, 60.0), case["positions"], case["semi_major"], np.zeros(800), 0
    )
    assert 400 <= len(pair) < 440


def test_more_candidates_than_room_for_them_are_all_returned(engine: Any) -> None:
    n = 120
    rng = np.random.default_rng(5)
    r = np.tile([7000.0, 0.0, 0.0], (n, 1)) + rng.uniform(-1, 1, (n, 3))
    v = np.tile([0.0, 7.5, 0.0], (n, 1))
    positions = np.stack([fall(r, v, np.full(n, t)).T for t in (0.0, 60.0, 120.0, 180.0)])
    pair, span = engine.sieve(SieveGeometry.of(50.0, 60.0), positions, np.full(n, 7000.0), np.zeros(n), 7)
    found = {(min(i, j), max(i, j), step) for i, j, step in pair.tolist()}
    assert {step for _, _, step in found} == {7, 8, 9}
    assert len(found) == 3 * n * (n - 1) // 2 == len(pair) == len(span)


def test_an_object_that_fails_in_the_step_keeps_all_it_could_reach(engine: Any) -> None:
    r = np.array([[7000.0, 0.0, 0.0], [7003.0, 0.0, 0.0], [0.0, 7000.0, 0.0], [7000.0, 900.0, 0.0]])
    v = np.array([[0.0, 7.5, 0.0], [0.0, -7.5, 0.0], [7.5, 0.0, 0.0], [0.0, 0.0, 7.5]])
    positions = np.stack([fall(r, v, np.full(4, t)).T for t in (0.0, 60.0)])
    positions[1, :, 0] = np.nan
    pair, span = engine.sieve(SieveGeometry.of(5.0, 60.0), positions, np.full(4, 7000.0), np.zeros(4), 0)
    found = {tuple(sorted(p)) for p in pair[:, :2].tolist()}
    assert {(0, 1), (0, 3)} <= found
    assert (0, 2) not in found
    both = [set(p) == {0, 1} for p in pair[:, :2].tolist()]
    assert span[both].tolist() == [[0.0, 1.0]]


def test_an_object_without_any_position_changes_nothing(engine: Any) -> None:
    rng = np.random.default_rng(11)
    case = meeting_pairs(rng, 50, 5.0, 60.0)
    geometry = SieveGeometry.of(5.0, 60.0)
    plain, _ = engine.sieve(geometry, case["positions"], case["semi_major"], np.zeros(100), 0)
    with_hole = np.concatenate([case["positions"], np.full((2, 3, 1), np.nan)], axis=2)
    pair, _ = engine.sieve(geometry, with_hole, np.append(case["semi_major"], 1.0), np.zeros(101), 0)
    assert sorted(map(tuple, pair.tolist())) == sorted(map(tuple, plain.tolist()))


def test_working_memory_is_as_good_as_new_after_use() -> None:
    engine = get_engine("cpu")
    rng = np.random.default_rng(13)
    memory = engine.sieve_memory(800)
    geometry = SieveGeometry.of(50.0, 120.0)
    crowd = np.tile(np.array([[7000.0], [0.0], [0.0]]), (2, 1, 800)) + rng.uniform(-1, 1, (2, 3, 800))
    # In the crowd, more pairs than there is room for at first
    cases = [crowd, *(meeting_pairs(rng, 400, 50.0, 120.0)["positions"] for _ in range(3))]
    for positions in cases:
        given = geometry, positions, np.full(800, 7000.0), np.zeros(800), 3
        for found, expected in zip(engine.sieve(*given, memory=memory), engine.sieve(*given), strict=True):
            np.testing.assert_array_equal(found, expected)
