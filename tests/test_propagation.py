"""`propagate` and `propagate_since_epoch` from outside: agreement, arguments, errors."""

from __future__ import annotations

import datetime as dt
import gzip
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sgp4.api import WGS72
from sgp4.model import Satrec as PurePythonSatrec

import gpuprop
from gpuprop import Catalog, States, propagate, propagate_since_epoch
from gpuprop.errors import EngineUnavailable, InputError
from tests.oracles import Sgp4Prop, python_sgp4

if TYPE_CHECKING:
    from pathlib import Path

MM = 1e-6
CM = 1e-5
DAY = np.array([0.0, 1e-3, 47.0, 360.0, 720.0, 719.999, 1440.0, -720.0, -1440.0])
MONTH = 1440.0 * np.array([-30.0, -10.0, 2.5, 7.0, 30.0])


@pytest.fixture(scope="module")
def sample() -> Catalog:
    return Catalog.sample()


@pytest.fixture(scope="module")
def part(sample: Catalog) -> Catalog:
    """A hundredth of the sample, and its extremes: the highest, the least inclined, the most eccentric."""
    rows = [np.arange(0, len(sample), 101)]
    rows += [np.argsort(sample.mean_motion)[:50], np.argsort(sample.inclination)[:50]]
    rows += [np.argsort(-sample.eccentricity)[:50]]
    return sample[np.unique(np.concatenate(rows))]


@pytest.mark.parametrize("mode", ["afspc", "improved"])
def test_agrees_with_python_sgp4_in_the_same_mode(part: Catalog, mode: str) -> None:
    for minutes, gate in ((DAY, MM), (MONTH, CM)):
        states = propagate_since_epoch(part, minutes, mode=mode)
        r, v, error = python_sgp4(part, minutes, mode)
        agree = (states.status == 0) & (error == 0)
        assert agree.mean() > 0.97
        np.testing.assert_array_equal(states.status[error != 0], error[error != 0])
        assert set(np.unique(states.status[error == 0])) <= {0, 8}
        assert np.linalg.norm(states.r - r, axis=2)[agree].max() < gate
        assert np.linalg.norm(states.v - v, axis=2)[agree].max() < 1e-3 * gate


@pytest.mark.slow
def test_agrees_with_the_official_propagator(shared_data: Path) -> None:
    """Every low-inclination deep-space object, and some of all others."""
    path = shared_data / "catalogs" / "space-track-20250415.tle.gz"
    catalog = Catalog.read(path, duplicates="all")
    lines = [line.rstrip() for line in gzip.open(path, "rt") if line[:2] in {"1 ", "2 "}]
    low = (catalog.mean_motion < 6.4) & (catalog.inclination < 12.0)
    rows = np.flatnonzero(low | (np.arange(len(catalog)) % 100 == 0))
    minutes = np.array([0.0, 400.0, 1000.0, 1440.0])
    ours = propagate_since_epoch(catalog[rows], minutes)
    oracle = Sgp4Prop()
    compared = 0
    for i, row in enumerate(rows):
        r, v = oracle.states(lines[2 * row], lines[2 * row + 1], minutes)
        both = (ours.status[i] == 0) & np.isfinite(r).all(axis=1)
        assert np.linalg.norm(ours.r[i] - r, axis=1)[both].max(initial=0.0) < MM
        assert np.linalg.norm(ours.v[i] - v, axis=1)[both].max(initial=0.0) < 1e-9
        compared += np.count_nonzero(both)
    assert low.sum() > 800
    assert compared > 0.99 * ours.status.size


def test_absolute_times_and_minutes_since_epoch_meet(part: Catalog) -> None:
    one = part[3:4]
    minutes = np.arange(0.0, 3000.0, 60.0)
    times = one.epoch[0] + (minutes * 60e9).astype(np.int64)
    absolute = propagate(one, times.astype("datetime64[ns]"))
    np.testing.assert_array_equal(absolute.r, propagate_since_epoch(one, minutes).r)


def test_every_way_to_write_a_time(part: Catalog) -> None:
    instant = dt.datetime(2024, 11, 1, 6, 30, tzinfo=dt.UTC)
    expected = propagate(part, np.datetime64("2024-11-01T06:30"))
    ways = [instant, [instant], "2024-11-01T06:30Z", "2024-11-01T08:30+02:00", (2460615.5, 6.5 / 24)]
    for way in ways:
        np.testing.assert_array_equal(propagate(part, way).r, expected.r)


def test_without_velocity_positions_are_the_same(part: Catalog) -> None:
    with_velocity = propagate_since_epoch(part, DAY)
    without = propagate_since_epoch(part, DAY, velocity=False)
    assert without.v is None
    assert without.shape == (len(part), len(DAY))
    np.testing.assert_array_equal(without.r, with_velocity.r)
    np.testing.assert_array_equal(without.status, with_velocity.status)


def test_output_arrays_can_be_given(part: Catalog) -> None:
    expected = propagate_since_epoch(part, DAY)
    shape = (len(part), len(DAY))
    r, v, status = np.zeros((*shape, 3)), np.zeros((*shape, 3)), np.zeros(shape, np.uint8)
    states = propagate_since_epoch(part, DAY, out=(r, v, status))
    assert states.r is r
    assert states.v is v
    assert states.status is status
    np.testing.assert_array_equal(r, expected.r)
    again = propagate_since_epoch(part, DAY + 1.0, out=states)
    assert again.r is r
    alone = propagate_since_epoch(part, DAY, velocity=False, out=(r, None, status))
    assert alone.v is None
    np.testing.assert_array_equal(r, expected.r)


def _arrays(shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.zeros((*shape, 3)), np.zeros((*shape, 3)), np.zeros(shape, np.uint8)


def _read_only(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    ("out", "says"),
    [
        (lambda r, v, s: (r, v), "tuple (r, v, status)"),
        (lambda r, v, s: [r, v, s], "tuple (r, v, status)"),
        (lambda r, v, s: (r[:1], v, s), "r has shape (1, 2, 3)"),
        (lambda r, v, s: (r, v.astype("f4"), s), "v has shape (2, 2, 3) and type float32"),
        (lambda r, v, s: (r, v, s.astype("i4")), "status has shape (2, 2) and type int32"),
        (lambda r, v, s: (r.tolist(), v, s), "r is list"),
        (lambda r, v, s: (r, None, s), "no array for velocities"),
        (lambda r, v, s: (r, r, s), "share memory"),
        (lambda r, v, s: (np.asfortranarray(r), v, s), "not C-contiguous"),
        (lambda r, v, s: (_read_only(r), v, s), "not C-contiguous and writeable"),
    ],
)
def test_unfit_output_arrays_are_refused(part: Catalog, out: object, says: str) -> None:
    with pytest.raises(InputError, match=re.escape(says)):
        propagate_since_epoch(part[:2], [0.0, 1.0], out=out(*_arrays((2, 2))))  # type: ignore[operator]  # wrong on purpose


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"mode": "i"}, "mode is 'i'; choose 'afspc' or 'improved'"),
        ({"precision": "float32"}, "precision is 'float32'"),
        ({"precision": "mixed"}, "the CPU engine computes in 'float64' alone"),
        ({"engine": "gpu"}, "engine is 'gpu'"),
    ],
)
def test_unknown_choices_are_refused(part: Catalog, arguments: dict[str, str], says: str) -> None:
    for function, times in ((propagate, "2024-11-01"), (propagate_since_epoch, 0.0)):
        with pytest.raises(InputError, match=re.escape(says)):
            function(part, times, **arguments)  # type: ignore[operator]  # wrong on purpose


def test_an_engine_that_is_not_there_is_named(part: Catalog) -> None:
    with pytest.raises(EngineUnavailable, match="engine='cpu'"):
        propagate(part, "2024-11-01", engine="cuda")


@pytest.mark.parametrize(
    ("minutes", "says"),
    [
        ([0.0, np.nan], "minutes[1] is nan"),
        (np.inf, "minutes[0] is inf"),
        ([1e12], "within 292 years"),
        ("soon", "numbers of minutes"),
        (np.zeros((2, 2)), "minutes has 2 dimensions"),
    ],
)
def test_unfit_minutes_are_refused(part: Catalog, minutes: object, says: str) -> None:
    with pytest.raises(InputError, match=re.escape(says)):
        propagate_since_epoch(part, minutes)


@pytest.mark.parametrize(
    "times", ["yesterday", [np.datetime64("NaT")], (np.nan, 0.0), "9999-01-01", 17, None]
)
def test_unfit_times_are_refused(part: Catalog, times: object) -> None:
    with pytest.raises(InputError, match="times"):
        propagate(part, times)


def test_something_else_than_a_catalog_is_refused() -> None:
    with pytest.raises(InputError, match="catalog"):
        propagate("catalog.tle", "2024-11-01")


def test_nothing_times_nothing(part: Catalog) -> None:
    assert propagate(part[:0], "2024-11-01").r.shape == (0, 1, 3)
    states = propagate(part, [])
    assert states.r.shape == (len(part), 0, 3)
    assert propagate_since_epoch(part, []).shape == (len(part), 0)


def test_the_result_shows_what_it_is(part: Catalog) -> None:
    states = propagate_since_epoch(part[:3], [0.0, 10.0])
    assert repr(states) == "<States: 3 objects x 2 times, position and velocity, 6 of 6 usable>"
    assert isinstance(states, States)
    with pytest.raises(AttributeError):
        states.r = None
    for code in np.unique(states.status):
        assert code in gpuprop.states.STATUS_MEANINGS


def test_far_past_and_future_end_in_a_status(part: Catalog) -> None:
    states = propagate(part, ["1800-01-01", "2261-01-01"])
    assert (states.status != 0).any()
    assert np.isnan(states.r[states.status != 0]).all()
    assert np.isfinite(states.r[states.status == 0]).all()


def test_times_too_far_from_an_epoch_to_count_are_refused(part: Catalog) -> None:
    with pytest.raises(InputError, match="1700-01-01.* more than 292 years"):
        propagate(part, ["2024-11-01", "1700-01-01"])


def test_drag_factor_is_what_the_coefficients_of_the_published_code_make() -> None:
    """1 - C1 t - D2 t^2 - D3 t^3 - D4 t^4, with the coefficients of python-sgp4's pure Python."""
    catalog = gpuprop.Catalog.sample().select(ids=[5, 10970, 25544, 44714, 48727, 55876, 81579])
    factor = gpuprop.drag_factor(catalog, ["2024-11-02", "2024-10-20"])
    for k, fast in enumerate(catalog.to_satrecs()):
        slow = PurePythonSatrec()
        slow.sgp4init(
            WGS72, "a", 0, fast.jdsatepoch - 2433281.5 + fast.jdsatepochF, fast.bstar, 0.0, 0.0,
            fast.ecco, fast.argpo, fast.inclo, fast.mo, fast.no_kozai, fast.nodeo,
        )  # fmt: skip
        for j, day in enumerate(("2024-11-02", "2024-10-20")):
            t = (np.datetime64(day, "ns").astype(np.int64) - catalog.epoch[k]) / 6e10
            expected = 1.0 - slow.cc1 * t
            if slow.isimp != 1:
                expected -= slow.d2 * t**2 + slow.d3 * t**3 + slow.d4 * t**4
            assert factor[k, j] == pytest.approx(expected, rel=1e-9)
    assert ((abs(factor[:, 0] - 1.0) > 0.02) == [False, True, False, False, True, True, True]).all()
