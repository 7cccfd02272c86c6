"""Kepler's equation in the lanes of the work buffer."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gpuprop.engines.cpu import rows
from gpuprop.engines.cpu.kepler import kepler_finish, kepler_first

L = rows.LANES


def _solve(axnl: np.ndarray, aynl: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Return eo1 - u, sin(eo1) and cos(eo1) of every lane, (3, LANES)."""
    buf = np.zeros(rows.N_ROWS * L)
    table = buf.reshape(-1, L)
    table[rows.AXNL], table[rows.AYNL], table[rows.U] = axnl, aynl, u
    kepler_first(buf)
    kepler_finish(buf)
    return table[[rows.EO1_U, rows.SINEO1, rows.COSEO1]].copy()


def _lanes(seed: int, highest: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    e = highest * rng.random(L) ** 0.5
    omega = rng.uniform(0.0, 2.0 * math.pi, L)
    return e * np.cos(omega), e * np.sin(omega), rng.uniform(-50.0, 50.0, L)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([0.01, 0.06, 0.1, 0.3, 0.8, 0.97]))
def test_the_solution_satisfies_the_equation(seed: int, highest: float) -> None:
    axnl, aynl, u = _lanes(seed, highest)
    delta, sine, cosine = _solve(axnl, aynl, u)
    np.testing.assert_allclose(sine, np.sin(u + delta), rtol=0.0, atol=2e-14)
    np.testing.assert_allclose(cosine, np.cos(u + delta), rtol=0.0, atol=2e-14)
    np.testing.assert_allclose(delta, axnl * sine - aynl * cosine, rtol=0.0, atol=1e-15 / (1.0 - highest))


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32))
def test_a_lane_does_not_depend_on_its_neighbours(seed: int) -> None:
    axnl, aynl, u = _lanes(seed, 0.97)
    together = _solve(axnl, aynl, u)
    for j in range(0, L, 13):
        alone = _solve(np.full(L, axnl[j]), np.full(L, aynl[j]), np.full(L, u[j]))
        np.testing.assert_array_equal(alone, np.repeat(together[:, j : j + 1], L, axis=1))


def test_near_parabolic_orbits_at_perigee() -> None:
    e = 1.0 - np.logspace(-8.0, -1.0, L)
    for mean_anomaly in (0.0, 1e-9, 1e-6, 1e-3, 0.1, -1e-4):
        u = np.full(L, mean_anomaly)
        delta, sine, _ = _solve(e, np.zeros(L), u)
        eccentric = u + delta
        # The series of E - sin E, since the difference itself would cancel
        small = np.abs(eccentric) < 0.1
        cube = eccentric**3
        rest = np.where(
            small, cube / 6.0 * (1.0 - eccentric**2 / 20.0 * (1.0 - eccentric**2 / 42.0)), eccentric - sine
        )
        np.testing.assert_allclose((1.0 - e) * sine + rest, u, rtol=1e-9, atol=1e-14)


def test_an_orbit_that_is_none_ends_too() -> None:
    delta, _, _ = _solve(np.full(L, 1.5), np.full(L, math.nan), np.linspace(-3.0, 3.0, L))
    assert delta.shape == (L,)
