"""Probabilities of collision against published values."""

from __future__ import annotations

import csv
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gpuprop import collision_probability
from gpuprop.screening.probability import disk_probability

if TYPE_CHECKING:
    from pathlib import Path

STATE = ("x", "y", "z", "x_dot", "y_dot", "z_dot")
LOWER = (("cr_r",), ("ct_r", "ct_t"), ("cn_r", "cn_t", "cn_n"))

# CARA's Pc2D_Foster unit test: combined hard-body radius (m) and 2-D probability, relative tolerance 1e-3
ALFANO = {
    1: (15.0, 1.46749549e-01),
    2: (4.0, 6.22226700e-03),
    3: (15.0, 1.00351176e-01),
    4: (15.0, 4.93234060e-02),
    5: (10.0, 4.44873860e-02),
    6: (10.0, 4.33545500e-03),
    7: (10.0, 1.58147000e-04),
    8: (4.0, 3.69480080e-02),
    9: (6.0, 2.90146291e-01),
    10: (6.0, 2.90146291e-01),
    11: (4.0, 2.67202600e-03),
}
# Alfano, AAS 09-233 (2009): the same by Monte Carlo, 1e8 trials
MONTE_CARLO = {
    1: 0.217467140,
    2: 0.015736620,
    3: 0.100846420,
    4: 0.073089530,
    5: 0.044498913,
    6: 0.004300500,
    7: 0.000161462,
    8: 0.035256080,
    9: 0.365116060,
    10: 0.362952470,
    11: 0.003328530,
}
# CARA's DilutionMaxPc unit test, tolerance 5e-3: radius (m), larger maximum of scaling one object's sigmas
DILUTION = {
    "OmitronTestCase_Test01_HighPc": (20.0, 7.91e-01),
    "OmitronTestCase_Test02_MaxRadialSigma": (100.0, 6.83e-01),
    "OmitronTestCase_Test03_MaxIntrackSigma": (100.0, 8.68e-02),
    "OmitronTestCase_Test04_MaxCrossTrackSigma": (100.0, 5.80e-03),
    "OmitronTestCase_Test05_MinMiss": (20.0, 2.00e-02),
    "OmitronTestCase_Test06_MinRelVel": (20.0, 1.91e-01),
}
# CARA's FrisbeeMaxPc unit test, squares of the disk's area, tolerance 1e-2: for radii of 70 and 20 m
# the bound with the covariance of object 2 alone and of object 1 alone
SINGLE = {
    1: (3.1394e-06, 3.1860e-04, 2.5628e-07, 2.6520e-05),
    3: (7.1823e-04, 1.5071e-03, 6.2288e-05, 4.2044e-04),
    4: (3.3299e-04, 4.2791e-04, 2.7330e-05, 3.5247e-05),
    5: (9.8187e-07, 3.3912e-04, 8.0154e-08, 2.8746e-05),
    6: (9.7227e-05, 5.8415e-04, 7.9600e-06, 5.4289e-05),
    7: (1.4561e-04, 7.0648e-04, 1.1887e-05, 5.7679e-05),
    8: (1.4553e-04, 8.0636e-04, 1.1880e-05, 6.5836e-05),
    9: (1.3853e-04, 6.7446e-04, 1.1309e-05, 5.5064e-05),
    10: (5.1819e-06, 3.9759e-04, 4.2302e-07, 3.5481e-05),
}
# Orekit's tests of Chan1997 and Laas2015: miss, sigma (m) along the axes, radius, Chan, integral, tolerance
PLANES = [
    ((0, 10), (25, 50), 5, 9.754e-3, 9.742e-3, 1e-6),
    ((10, 0), (25, 50), 5, 9.189e-3, 9.181e-3, 1e-6),
    ((0, 10), (25, 75), 5, 6.586e-3, 6.571e-3, 1e-6),
    ((10, 0), (25, 75), 5, 6.135e-3, 6.125e-3, 1e-6),
    ((0, 1000), (1000, 3000), 10, 1.577e-5, 1.577e-5, 1e-8),
    ((1000, 0), (1000, 3000), 10, 1.011e-5, 1.011e-5, 1e-8),
    ((0, 10000), (1000, 3000), 10, 6.443e-8, 6.443e-8, 1e-11),
    ((10000, 0), (1000, 3000), 10, 3.216e-27, 3.219e-27, 1e-30),
    ((0, 10000), (1000, 10000), 10, 3.033e-6, 3.033e-6, 1e-9),
    ((10000, 0), (1000, 10000), 10, 9.645e-28, 9.656e-28, 1e-31),
    ((0, 5000), (1000, 3000), 50, 1.039e-4, 1.039e-4, 1e-7),
    ((5000, 0), (1000, 3000), 50, 1.556e-9, 1.564e-9, 1e-12),
    ((84.875546, 60.583685), (57.918666, 152.8814468), 10.3, 1.8934e-3, 1.9002e-3, 1e-7),
    ((-81.618369, 115.055899), (15.988242, 5756.840725), 1.3, 2.0135e-11, 2.0553e-11, 1e-15),
    ((102.177247, 693.405893), (94.230921, 643.409272), 5.3, 7.2000e-5, 7.2004e-5, 1e-9),
    ((-752.672701, 644.939441), (445.859950, 6095.858688), 3.5, 5.3903e-7, 5.3904e-7, 1e-11),
    ((-692.362272, 4475.456261), (193.454603, 562.027293), 13.2, 2.2880e-20, 2.2796e-20, 1e-24),
    ((-3.8872073, 0.1591646), (1.4101830, 114.2585190), 15, 3.1264e-2, 1.0038e-1, 1e-5),
]


@pytest.fixture(scope="module")
def cases(test_data: Path) -> dict[str, dict[str, Any]]:
    def arrays(row: dict[str, str], k: int) -> tuple[list[float], list[float], np.ndarray]:
        state = [float(row[f"{name}_{k}"]) for name in STATE]
        covariance = np.zeros((3, 3))
        for i, names in enumerate(LOWER):
            for j, name in enumerate(names):
                covariance[i, j] = covariance[j, i] = float(row[f"{name}_{k}"])
        return state[:3], state[3:], covariance

    found = {}
    with (test_data / "probability_cases.csv").open() as file:
        for row in csv.DictReader(file):
            (r1, v1, c1), (r2, v2, c2) = arrays(row, 1), arrays(row, 2)
            found[row["case"]] = {
                "r1_km": r1,
                "v1_km_s": v1,
                "covariance_1_m2": c1,
                "r2_km": r2,
                "v2_km_s": v2,
                "covariance_2_m2": c2,
            }
    return found


@pytest.mark.parametrize("number", ALFANO)
def test_alfano_cases(cases: dict[str, dict[str, Any]], number: int) -> None:
    radius, expected = ALFANO[number]
    case = cases[f"AlfanoTestCase{number:02d}"]
    found = collision_probability(**case, hard_body_radius_m=radius, slow="compute")
    assert found.probability[0] == pytest.approx(expected, rel=1e-3)


def test_slow_encounters_are_refused_and_what_is_not_refused_agrees_with_monte_carlo(
    cases: dict[str, dict[str, Any]],
) -> None:
    given = {}
    for number, (radius, _) in ALFANO.items():
        found = collision_probability(**cases[f"AlfanoTestCase{number:02d}"], hard_body_radius_m=radius)
        assert math.isnan(found.probability[0]) == ("slow" in found.notes()[0])
        assert math.isnan(found.maximum[0]) == ("slow" in found.notes()[0])
        if not math.isnan(found.probability[0]):
            given[number] = found.probability[0]
    assert set(given) == {3, 5}
    for number, probability in given.items():
        assert probability == pytest.approx(MONTE_CARLO[number], rel=0.01)


@pytest.mark.parametrize("expected", [2.70601573490125e-05, 2.706023476569787e-05])
def test_omitron_case(expected: float) -> None:
    """CARA's Pc2D_Foster and PcCircle unit tests; states in km, covariances in km^2 there."""
    c1 = [
        [44.5757544811362, 81.6751751052616, -67.8687662707124],
        [81.6751751052616, 158.453402956163, -128.616921644857],
        [-67.8687662707124, -128.616921644858, 105.490542562701],
    ]
    c2 = [
        [2.31067077720423, 1.69905293875632, -1.4170164577661],
        [1.69905293875632, 1.24957388457206, -1.04174164279599],
        [-1.4170164577661, -1.04174164279599, 0.869260558223714],
    ]
    found = collision_probability(
        r1_km=[378.39559, 4305.721887, 5752.767554],
        v1_km_s=[2.360800244, 5.580331936, -4.322349039],
        covariance_1_m2=np.array(c1) * 1e6,
        r2_km=[374.5180598, 4307.560983, 5751.130418],
        v2_km_s=[-5.388125081, -3.946827739, 3.322820358],
        covariance_2_m2=np.array(c2) * 1e6,
        hard_body_radius_m=20.0,
        frame="inertial",
    )
    assert found.probability[0] == pytest.approx(expected, rel=1e-5)
    assert found.notes() == [""]


def test_second_omitron_case() -> None:
    """CARA's PcCircle unit test: a miss of the size of the radius, a covariance that is nearly a needle."""
    c1 = [
        [0.342072996423899, -0.412677096778269, 0.371500417511149],
        [-0.412677096778269, 0.609905946319294, -0.540401385544286],
        [0.371500417511149, -0.540401385544286, 0.521238634755377],
    ]
    c2 = [
        [0.028351300975134, -0.008204103437377, 0.019253747960155],
        [-0.008204103437377, 0.002404377774847, -0.005586512197914],
        [0.019253747960155, -0.005586512197914, 0.013289250260317],
    ]
    r1 = np.array([-3239.128337196251, 2404.575152356222, 5703.228541709001])
    v1 = np.array([-3.745768373154199, 5.012339015927846, -4.231864565717194])
    r2 = np.array([-3239.138264917246, 2404.568320465936, 5703.235605231182])
    v2 = np.array([6.110192790100711, -1.767321407894830, 4.140369261741708])
    # CARA takes the whole distance, 1 m of which is along the velocity, for the miss
    along = (v2 - v1) / np.linalg.norm(v2 - v1)
    across = (r2 - r1) - ((r2 - r1) @ along) * along
    r2 = r1 + across * np.linalg.norm(r2 - r1) / np.linalg.norm(across)
    found = collision_probability(
        r1_km=r1,
        v1_km_s=v1,
        covariance_1_m2=np.array(c1) * 1e3,
        r2_km=r2,
        v2_km_s=v2,
        covariance_2_m2=np.array(c2) * 1e6,
        hard_body_radius_m=20.0,
        frame="inertial",
    )
    assert found.probability[0] == pytest.approx(1.807363058494765e-01, rel=1e-8)


def test_radii_from_ten_metres_to_ten_kilometres() -> None:
    """CARA's PcCircle unit test: one encounter, growing radius."""
    c1 = [
        [2.329248149898317e04, -4.624097512511387e04, -2.810352472705708e04],
        [-4.624097512511387e04, 9.189373058443272e04, 5.583858286675660e04],
        [-2.810352472705708e04, 5.583858286675660e04, 3.396506000245927e04],
    ]
    c2 = [
        [3.689149893147051e07, -1.200669748208798e08, 9.002535247181211e08],
        [-1.200669748208798e08, 3.907735722225543e08, -2.929990982074453e09],
        [9.002535247181211e08, -2.929990982074453e09, 2.196888928197153e10],
    ]
    found = collision_probability(
        r1_km=np.array([-6.227006552549310e06, -3.000839638747010e06, -1.932569099062626e05]) / 1e3,
        v1_km_s=np.array([2.983983865443772e03, -5.973188938878403e03, -3.622262843716804e03]) / 1e3,
        covariance_1_m2=c1,
        r2_km=np.tile(
            np.array([-6.231009268962734e06, -2.993196148130401e06, -1.761401651747054e05]) / 1e3, (5, 1)
        ),
        v2_km_s=np.array([-3.255968208692156e02, 9.946514541875586e02, -7.507340539210305e03]) / 1e3,
        covariance_2_m2=c2,
        hard_body_radius_m=[1e1, 1e2, 1e3, 3e3, 1e4],
        frame="inertial",
        slow="compute",
    )
    expected = [
        2.514939701718358e-15,
        1.232312816404174e-05,
        6.343318773183237e-03,
        1.917884657463699e-02,
        6.389821634646267e-02,
    ]
    np.testing.assert_allclose(found.probability[:2], expected[:2], rtol=1e-6)
    # CARA's 64 nodes over the whole disk are few for a sigma of 19 m against a radius of 1 km and more
    np.testing.assert_allclose(found.probability, expected, rtol=3e-4)


def test_covariance_that_is_not_positive_is_repaired_and_says_so(cases: dict[str, dict[str, Any]]) -> None:
    case = cases["OmitronTestCase_Test07_NonPDCovariance"]
    found = collision_probability(**case, hard_body_radius_m=20.0, slow="compute")
    assert found.repaired.tolist() == [True]
    assert found.probability[0] == pytest.approx(0.0, abs=1e-10)


@pytest.mark.parametrize("name", DILUTION)
def test_dilution(cases: dict[str, dict[str, Any]], name: str) -> None:
    radius, expected = DILUTION[name]
    found = [
        collision_probability(**cases[name], hard_body_radius_m=radius, scaling=scaling, slow="compute")
        for scaling in ("primary", "secondary")
    ]
    assert all(part.diluted[0] for part in found)
    assert max(part.maximum[0] for part in found) == pytest.approx(expected, rel=5e-3)


def test_dilution_ends_where_the_orbit_is_well_known(cases: dict[str, dict[str, Any]]) -> None:
    """CARA's DilutionMaxPc unit test, case 1: one covariance made small, the other, both."""
    case = cases["OmitronTestCase_Test01_HighPc"]
    for shrink_1, shrink_2, primary, secondary in [
        (1e-3, 1.0, False, True),
        (1.0, 1e-6, True, False),
        (1e-3, 1e-6, False, False),
    ]:
        changed = case | {
            "covariance_1_m2": case["covariance_1_m2"] * shrink_1,
            "covariance_2_m2": case["covariance_2_m2"] * shrink_2,
        }
        for scaling, expected in (("primary", primary), ("secondary", secondary)):
            found = collision_probability(**changed, hard_body_radius_m=20.0, scaling=scaling)
            assert found.diluted[0] == expected, (shrink_1, shrink_2, scaling)


@pytest.mark.parametrize(("radius", "expected"), [(5.0, 0.000043), (10.0, 0.000171)])
def test_frisbee_example(cases: dict[str, dict[str, Any]], radius: float, expected: float) -> None:
    case = cases["FrisbeeMaxPcTestCase_Test01"]
    full = collision_probability(**case, hard_body_radius_m=radius)
    found = collision_probability(**case | {"covariance_2_m2": None}, hard_body_radius_m=radius)
    assert math.isnan(found.probability[0])
    assert found.maximum[0] == pytest.approx(expected, abs=5e-7)
    # The message's second covariance is the worst one
    assert found.maximum[0] == pytest.approx(full.probability[0], rel=1e-4)


def worst_case(case: dict[str, Any], known: int) -> tuple[np.ndarray, np.ndarray]:
    """Miss and sigmas, m, along the axes of Frisbee's worst covariance, one object's being known."""
    r, v = np.array(case[f"r{known}_km"]), np.array(case[f"v{known}_km_s"])
    radial, momentum = r / np.linalg.norm(r), np.cross(r, v)
    normal = momentum / np.linalg.norm(momentum)
    axes = np.stack([radial, np.cross(normal, radial), normal])
    covariance = axes.T @ case[f"covariance_{known}_m2"] @ axes
    apart = (np.array(case["r2_km"]) - np.array(case["r1_km"])) * 1e3
    along = np.array(case["v2_km_s"]) - np.array(case["v1_km_s"])
    along /= np.linalg.norm(along)
    miss = apart - (apart @ along) * along
    first = miss / np.linalg.norm(miss)
    plane = np.stack([first, np.cross(along, first)])
    projected, u = plane @ covariance @ plane.T, plane @ miss
    ratio2 = u @ np.linalg.solve(projected, u)
    worst = projected + max(ratio2 - 1.0, 0.0) / ratio2 * np.outer(u, u)
    variances, turn = np.linalg.eigh(worst)
    return turn.T @ u, np.sqrt(variances)


@pytest.mark.parametrize("number", SINGLE)
def test_one_covariance_unknown(cases: dict[str, dict[str, Any]], number: int) -> None:
    """The published numbers are those of squares, to their five digits; the maximum is that of the disk."""
    case = cases[f"SingleCovTestCase1-{number}"]
    expected = iter(SINGLE[number])
    for radius in (70.0, 20.0):
        for unknown, known in ((1, 2), (2, 1)):
            miss, sigma = worst_case(case, known)
            half = math.sqrt(math.pi) * radius / 2.0
            square = math.prod(
                0.5 * (math.erf((m + half) / (s * math.sqrt(2))) - math.erf((m - half) / (s * math.sqrt(2))))
                for m, s in zip(miss, sigma, strict=True)
            )
            assert square == pytest.approx(next(expected), rel=2e-4)
            found = collision_probability(
                **case | {f"covariance_{unknown}_m2": None}, hard_body_radius_m=radius, slow="compute"
            )
            disk = disk_probability(miss, sigma, hard_body_radius_m=radius)[0]
            assert found.maximum[0] == pytest.approx(disk, rel=1e-6)
            if sigma.min() > 2.0 * radius:  # where a disk and a square of one area hold the same
                assert found.maximum[0] == pytest.approx(square, rel=1e-2)


@pytest.mark.parametrize("plane", PLANES)
def test_encounter_planes(plane: tuple[Any, ...]) -> None:
    miss, sigma, radius, chan, integral, tolerance = plane

    def of(method: str) -> float:
        return disk_probability(miss, sigma, hard_body_radius_m=radius, method=method)[0]  # type: ignore[arg-type]  # one of the methods

    assert of("chan") == pytest.approx(chan, abs=tolerance)
    assert of("foster") == pytest.approx(integral, abs=tolerance)
    assert of("alfano") == pytest.approx(integral, abs=tolerance)
