"""Probability of collision: what must hold for every encounter, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gpuprop
from gpuprop import collision_probability
from gpuprop.errors import InputError
from gpuprop.screening.covariance import model_covariance
from gpuprop.screening.probability import disk_probability

R1, V1 = np.array([7000.0, 0.0, 0.0]), np.array([0.0, 7.5, 0.0])
V2 = np.array([0.0, 0.0, 7.5])
ROUND = np.eye(3) * 100.0**2


def one(**changed: Any) -> Any:
    arguments = {
        "r1_km": R1,
        "v1_km_s": V1,
        "covariance_1_m2": ROUND,
        "r2_km": R1 + [0.3, 0.0, 0.0],
        "v2_km_s": V2,
        "covariance_2_m2": ROUND,
        "hard_body_radius_m": 10.0,
    }
    return collision_probability(**arguments | changed)


def on_a_grid(x: float, y: float, sx: float, sy: float, radius: float) -> float:
    """Sum the density over a polar grid of midpoints."""
    rho = (np.arange(1500) + 0.5) * radius / 1500
    phi = (np.arange(720) + 0.5) * 2.0 * np.pi / 720
    px, py = rho[:, None] * np.cos(phi) - x, rho[:, None] * np.sin(phi) - y
    density = np.exp(-0.5 * ((px / sx) ** 2 + (py / sy) ** 2)) / (2.0 * np.pi * sx * sy)
    return float((density * rho[:, None]).sum() * (radius / 1500) * (2.0 * np.pi / 720))


@settings(deadline=None, max_examples=60)
@given(
    st.floats(0.0, 4.0),
    st.floats(0.0, 1.6),
    st.floats(-1.0, 2.0),
    st.floats(0.0, 2.0),
)
def test_integral_is_that_of_the_density(
    miss: float, angle: float, log_sigma: float, log_ratio: float
) -> None:
    sx, sy = 10.0**log_sigma, 10.0 ** (log_sigma + log_ratio)
    x, y = miss * math.cos(angle), miss * math.sin(angle)
    expected = on_a_grid(x, y, sx, sy, 1.0)
    found = disk_probability([x, y], [sx, sy], hard_body_radius_m=1.0)[0]
    assert found == pytest.approx(expected, rel=1e-4, abs=1e-12)


def test_round_density_around_the_disk() -> None:
    """In the middle the integral is 1 - exp(-R^2 / 2 sigma^2), whatever the ratio."""
    for ratio in (1e-4, 1e-2, 0.3, 1.0, 5.0, 50.0):
        expected = -math.expm1(-0.5 * ratio**2)
        for method in ("foster", "alfano"):
            found = disk_probability([0.0, 0.0], [3.0, 3.0], hard_body_radius_m=3.0 * ratio, method=method)
            assert found[0] == pytest.approx(expected, rel=1e-9), (method, ratio)


def test_methods_agree_where_chan_holds() -> None:
    rng = np.random.default_rng(3)
    sigma = 10.0 ** rng.uniform(1.5, 3.0, (200, 1)) * 10.0 ** rng.uniform(0.0, 0.5, (200, 2))
    miss = sigma * rng.normal(size=(200, 2))
    foster, chan, alfano = (
        disk_probability(miss, sigma, hard_body_radius_m=5.0, method=method)
        for method in ("foster", "chan", "alfano")
    )
    np.testing.assert_allclose(alfano, foster, rtol=1e-6)
    np.testing.assert_allclose(chan, foster, rtol=0.02)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1))
def test_what_never_changes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    turn *= np.linalg.det(turn)
    roots = rng.normal(size=(2, 3, 3)) * 10.0 ** rng.uniform(1.0, 3.0, (2, 1, 3))
    c1, c2 = (root @ root.T for root in roots)
    r2, v2 = R1 + rng.normal(size=3), np.array([1.0, -3.0, 6.0])
    base = one(r2_km=r2, v2_km_s=v2, covariance_1_m2=c1, covariance_2_m2=c2, frame="inertial")
    swapped = collision_probability(
        r1_km=r2,
        v1_km_s=v2,
        covariance_1_m2=c2,
        r2_km=R1,
        v2_km_s=V1,
        covariance_2_m2=c1,
        hard_body_radius_m=10.0,
        frame="inertial",
    )
    turned = one(
        r1_km=turn @ R1,
        v1_km_s=turn @ V1,
        r2_km=turn @ r2,
        v2_km_s=turn @ v2,
        covariance_1_m2=turn @ c1 @ turn.T,
        covariance_2_m2=turn @ c2 @ turn.T,
        frame="inertial",
    )
    for other in (swapped, turned):
        for name in ("probability", "maximum", "miss_distance_m", "sigma_minor_m"):
            np.testing.assert_allclose(getattr(other, name), getattr(base, name), rtol=2e-6, atol=1e-300)
    assert base.maximum[0] >= base.probability[0] * (1.0 - 1e-9) or base.note[0]


def test_ric_axes() -> None:
    """The state is on the x axis and moves along y, so its RIC axes are x, y and z."""
    c = np.diag([100.0, 400.0, 900.0]) + 5.0
    assert one(covariance_1_m2=c).probability == one(covariance_1_m2=c, frame="inertial").probability * 1.0
    # Object 2 moves along z: radial x, in-track z, cross-track -y
    turned = np.diag([100.0, 900.0, 400.0])
    np.testing.assert_allclose(
        one(covariance_1_m2=np.zeros((3, 3)), covariance_2_m2=np.diag([100.0, 400.0, 900.0])).probability,
        one(covariance_1_m2=np.zeros((3, 3)), covariance_2_m2=turned, frame="inertial").probability,
        rtol=1e-12,
    )


def test_six_by_six_gives_its_position_block() -> None:
    full = np.zeros((6, 6))
    full[:3, :3] = ROUND
    full[3:, 3:] = 7.0
    assert one(covariance_1_m2=full).probability == one().probability


def test_rows_do_not_depend_on_each_other_or_on_threads() -> None:
    rng = np.random.default_rng(5)
    n = 20_000
    r2 = R1 + rng.normal(size=(n, 3))
    radius = rng.uniform(1.0, 30.0, n)
    try:
        gpuprop.set_num_threads(1)
        alone = one(r2_km=r2, hard_body_radius_m=radius, maximum=False)
        gpuprop.set_num_threads(3)
        shared = one(r2_km=r2, hard_body_radius_m=radius, maximum=False)
    finally:
        gpuprop.set_num_threads(None)
    np.testing.assert_array_equal(alone.probability, shared.probability)
    row = 12_345
    single = one(r2_km=r2[row], hard_body_radius_m=radius[row])
    assert single.probability[0] == alone.probability[row]
    assert np.isnan(alone.maximum).all()


def test_maximum_is_found_where_a_fine_grid_finds_it() -> None:
    base = one(r2_km=R1 + [0.8, 0.0, 0.0])
    grid = [
        one(
            covariance_1_m2=ROUND * k * k, covariance_2_m2=ROUND * k * k, r2_km=R1 + [0.8, 0.0, 0.0]
        ).probability[0]
        for k in np.linspace(3.0, 5.0, 401)
    ]
    assert base.maximum[0] == pytest.approx(max(grid), rel=1e-6)
    assert base.sigma_factor[0] == pytest.approx(np.linspace(3.0, 5.0, 401)[np.argmax(grid)], abs=0.01)
    # Both round and alike: the best sigma of the sum is miss / sqrt(2), so each 400 m; R^2 / (e miss^2)
    assert base.sigma_factor[0] == pytest.approx(4.0, rel=1e-3)
    assert base.maximum[0] == pytest.approx(10.0**2 / (math.e * 800.0**2), rel=1e-3)
    assert not base.diluted[0]


def test_dilution_of_a_near_miss() -> None:
    found = one(r2_km=R1 + [0.05, 0.0, 0.0])
    assert found.diluted[0]
    assert found.sigma_factor[0] < 1.0
    assert found.maximum[0] > found.probability[0]


def test_without_covariance_there_is_a_maximum_only() -> None:
    found = one(covariance_1_m2=None, covariance_2_m2=None)
    assert math.isnan(found.probability[0])
    assert found.notes() == ["no covariance: only the maximum is given"]
    assert math.isnan(found.sigma_minor_m[0])
    # Miss radial, across both in-track directions: 100 m each radially; in-track of either across the other
    expected = one(covariance_1_m2=np.diag([1e4, 9e4, 1e4]), covariance_2_m2=np.diag([1e4, 9e4, 1e4]))
    assert found.maximum[0] == pytest.approx(expected.maximum[0], rel=1e-9)
    rows = one(
        r2_km=np.tile(R1 + [0.3, 0.0, 0.0], (2, 1)),
        covariance_1_m2=np.stack([ROUND, np.full((3, 3), np.nan)]),
    )
    assert rows.notes() == ["", "covariance of one object unknown: only the maximum is given"]


def test_a_maximum_that_needs_a_slow_crossing_is_refused() -> None:
    """At 1 m/s the pair takes 35 minutes over ten of the sigmas that make the probability largest."""
    found = one(covariance_1_m2=None, covariance_2_m2=None, v2_km_s=V1 + [0.0, 0.0, 0.001])
    assert math.isnan(found.maximum[0])
    assert "slow encounter" in found.notes()[0]


def test_overlapping_bodies_have_a_maximum_of_one() -> None:
    assert one(r2_km=R1 + [0.005, 0.0, 0.0]).maximum[0] == pytest.approx(1.0)
    assert one(r2_km=R1).miss_distance_m[0] == 0.0


ASYMMETRIC = ROUND + np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
NEGATIVE = np.diag([1e4, -1e4, 1e4])
TOO_CORRELATED = np.array([[1e4, 2e4, 0.0], [2e4, 1e4, 0.0], [0.0, 0.0, 1e4]])
HALF_KNOWN = np.where(np.eye(3) > 0, np.nan, 0.0)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"covariance_1_m2": ASYMMETRIC}, "not symmetric"),
        ({"covariance_2_m2": NEGATIVE}, "not positive"),
        ({"covariance_2_m2": TOO_CORRELATED}, "not positive"),
        ({"covariance_1_m2": HALF_KNOWN}, "not finite"),
        ({"covariance_1_m2": np.full((3, 3), math.inf)}, "not finite"),
        ({"covariance_1_m2": np.eye(3) * 1e-8}, "units m^2"),
        ({"covariance_1_m2": np.eye(3) * 1e18}, "units m^2"),
        ({"hard_body_radius_m": 0.0}, "hard-body radius"),
        ({"hard_body_radius_m": -5.0}, "hard-body radius"),
        ({"hard_body_radius_m": math.nan}, "hard-body radius"),
        ({"hard_body_radius_m": 20_000.0}, "hard-body radius"),
        ({"r1_km": R1 * 1e3}, "units km"),
        ({"v1_km_s": V1 * 1e3}, "units km"),
        ({"r1_km": R1 * math.nan}, "units km"),
        ({"v2_km_s": V1}, "no relative velocity"),
        ({"v2_km_s": V1 + [0.0, 1e-4, 0.0]}, "slow encounter"),
    ],
)
def test_bad_rows_get_a_note_and_no_number(changed: dict[str, Any], words: str) -> None:
    found = one(**changed)
    assert math.isnan(found.probability[0])
    assert math.isnan(found.maximum[0])
    assert words in found.notes()[0]


def test_one_bad_row_stops_no_other() -> None:
    covariances = np.stack([ROUND, NEGATIVE, ROUND])
    found = one(r2_km=np.tile(R1 + [0.3, 0.0, 0.0], (3, 1)), covariance_1_m2=covariances)
    assert np.isnan(found.probability).tolist() == [False, True, False]
    assert found.probability[0] == one().probability[0]
    # What the caller gave is as it was
    assert covariances[1, 1, 1] == -1e4


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"r1_km": [1.0, 2.0]}, "r1_km has shape"),
        ({"r1_km": "here"}, "r1_km is not an array of numbers"),
        ({"r1_km": np.ones((2, 3)), "r2_km": np.ones((3, 3))}, "differ in length"),
        ({"covariance_1_m2": np.eye(2)}, "covariance_1_m2 has shape"),
        ({"covariance_2_m2": np.ones((5, 3, 3))}, "covariance_2_m2 has 5 matrices for 1 rows"),
        ({"hard_body_radius_m": [1.0, 2.0]}, "hard_body_radius_m has shape"),
        ({"method": "guess"}, "method is 'guess'"),
        ({"frame": "rtn"}, "frame is 'rtn'"),
        ({"scaling": "none"}, "scaling is 'none'"),
    ],
)
def test_bad_arguments_raise(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        one(**changed)


def test_no_rows() -> None:
    nothing = np.empty((0, 3))
    found = collision_probability(
        r1_km=nothing,
        v1_km_s=nothing,
        covariance_1_m2=None,
        r2_km=nothing,
        v2_km_s=nothing,
        covariance_2_m2=None,
        hard_body_radius_m=10.0,
    )
    assert len(found) == 0


def test_model_says_what_it_is() -> None:
    sigma = np.sqrt(np.diagonal(model_covariance([0.0, -3.0]), axis1=1, axis2=2))
    np.testing.assert_allclose(sigma, [[1000 / 3, 1000, 1000 / 3], [1000 / 3, 7000, 1000 / 3]])
    with pytest.raises(InputError, match="coarse-age"):
        model_covariance([0.0], model="exact")
    with pytest.raises(InputError, match="age_days"):
        model_covariance([math.nan])
