"""Ephemerides: interpolated as the message states, within its spans."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

import gpuprop
from gpuprop import Catalog
from gpuprop.errors import InputError
from gpuprop.frames import teme_to_gcrf
from gpuprop.messages import Oem, catalog_oem
from gpuprop.piecewise import Piecewise
from gpuprop.timescale import to_utc_ns

START = np.datetime64("2024-11-01T00:00:00", "ns")
MINUTE = np.timedelta64(60, "s")


def changed(message: Oem, **metadata: str) -> Oem:
    """Return a message with other metadata; an empty value takes a keyword away."""
    segments = []
    for segment in message.segments:
        merged = {name: text for name, text in {**segment.metadata, **metadata}.items() if text}
        segments.append(replace(segment, metadata=MappingProxyType(merged)))
    return replace(message, segments=tuple(segments))


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.sample().select(ids=[25544])


@pytest.fixture(scope="module")
def message(catalog: Catalog) -> Oem:
    return catalog_oem(catalog, START + MINUTE * np.arange(40))


@pytest.mark.parametrize(
    ("method", "degree"), [("lagrange", 3), ("lagrange", 4), ("hermite", 3), ("hermite", 7)]
)
def test_polynomials_up_to_the_degree_are_met(method: str, degree: int) -> None:
    seconds = np.array([0.0, 7.0, 20.0, 31.0, 60.0, 64.0, 100.0])
    coefficients = np.arange(1.0, 10.0).reshape(3, 3) * np.array([1.0, 1e-2, 1e-4])[:, None]
    cubic = np.array([3e-7, -1e-7, 2e-7])

    def path(t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        power = t[:, None] ** np.arange(3)
        slope = np.stack([np.zeros_like(t), np.ones_like(t), 2.0 * t], axis=1)
        return (
            power @ coefficients + t[:, None] ** 3 * cubic,
            slope @ coefficients + 3.0 * t[:, None] ** 2 * cubic,
        )

    nodes_ns = (seconds * 1e9).astype(np.int64)
    found = getattr(Piecewise, method)(nodes_ns, *path(seconds), degree)
    times = np.linspace(0.0, 100.0, 77)
    r, v = found.at((times * 1e9).astype(np.int64))
    expected_r, expected_v = path(times)
    np.testing.assert_allclose(r, expected_r, rtol=1e-10)
    np.testing.assert_allclose(v, expected_v, rtol=1e-9)
    assert found.kinks().max() < 1e-12


@pytest.mark.parametrize(
    ("stated", "error_km"), [(("LAGRANGE", "9"), 1e-5), (("HERMITE", "7"), 1e-3), (("", ""), 1e-4)]
)
def test_interpolation_follows_sgp4(
    catalog: Catalog, message: Oem, stated: tuple[str, str], error_km: float
) -> None:
    text = changed(message, INTERPOLATION=stated[0], INTERPOLATION_DEGREE=stated[1]).to_kvn()
    (one,) = gpuprop.read_ephemerides(text, catalog=catalog)
    times = START + MINUTE * 5 + np.arange(0, 1800, 7) * np.timedelta64(1, "s")
    states = gpuprop.propagate(catalog, times)
    r, v, inside = one.states(times.astype(np.int64))
    assert inside.all()
    assert np.linalg.norm(r - states.r[0], axis=1).max() < error_km
    assert states.v is not None
    assert np.linalg.norm(v - states.v[0], axis=1).max() < 1e-3


def test_linear_is_a_chord(catalog: Catalog, message: Oem) -> None:
    (one,) = gpuprop.read_ephemerides(changed(message, INTERPOLATION="LINEAR").to_kvn(), catalog=catalog)
    segment = message.segments[0]
    r, _, _ = one.states((START + MINUTE // 2).astype(np.int64)[None])
    np.testing.assert_allclose(r[0], 0.5 * (segment.r[0] + segment.r[1]), rtol=1e-12)


def test_nothing_beyond_the_usable_span(catalog: Catalog, message: Oem) -> None:
    usable = {"USEABLE_START_TIME": "2024-11-01T00:10:00", "USEABLE_STOP_TIME": "2024-11-01T00:20:00.5"}
    (one,) = gpuprop.read_ephemerides(changed(message, **usable).to_kvn(), catalog=catalog)
    offsets_s = np.array([599.999999999, 600.0, 1200.5, 1200.500000001])
    r, v, inside = one.states(int(START.astype(np.int64)) + np.rint(offsets_s * 1e9).astype(np.int64))
    assert inside.tolist() == [False, True, True, False]
    assert np.isfinite(r).all(axis=1).tolist() == inside.tolist()
    assert np.isfinite(v).all(axis=1).tolist() == inside.tolist()


def test_frames_and_clocks_are_converted(catalog: Catalog, message: Oem) -> None:
    (plain,) = gpuprop.read_ephemerides(message.to_kvn(), catalog=catalog)
    segment = message.segments[0]
    times_ns = segment.times.astype(np.int64)
    ahead = np.timedelta64(37, "s")  # TAI - UTC since 2017
    turned = replace(
        changed(message, REF_FRAME="GCRF", TIME_SYSTEM="TAI").segments[0],
        r=teme_to_gcrf(segment.r, times_ns),
        v=teme_to_gcrf(segment.v, times_ns),
        times=segment.times + ahead,
    )
    (other,) = gpuprop.read_ephemerides(replace(message, segments=(turned,)).to_kvn(), catalog=catalog)
    assert (other.start_ns, other.stop_ns) == (plain.start_ns, plain.stop_ns)
    some_ns = times_ns[3:30] + 12_345_678_901
    np.testing.assert_allclose(other.states(some_ns)[0], plain.states(some_ns)[0], atol=1e-8)


@pytest.mark.parametrize(("system", "ahead_s"), [("UTC", 0.0), ("TAI", 37.0), ("TT", 69.184), ("GPS", 18.0)])
def test_clocks(system: str, ahead_s: float) -> None:
    utc_ns = START.astype(np.int64)[None]
    reading = utc_ns + round(ahead_s * 1e9)
    assert to_utc_ns(reading, system, where="here").tolist() == utc_ns.tolist()


def test_a_segment_ends_where_the_next_begins(catalog: Catalog, message: Oem) -> None:
    segment = message.segments[0]
    border = 20
    parts = [
        replace(segment, times=segment.times[part], r=segment.r[part], v=segment.v[part])
        for part in (slice(0, border + 1), slice(border, None))
    ]
    first, second = gpuprop.read_ephemerides(
        replace(message, segments=tuple(parts)).to_kvn(), catalog=catalog
    )
    at = segment.times[border].astype(np.int64)
    assert (first.stop_ns, second.start_ns) == (int(at) - 1, int(at))
    parts[1] = replace(
        segment, times=segment.times[border - 1 :], r=segment.r[border - 1 :], v=segment.v[border - 1 :]
    )
    with pytest.raises(InputError, match="usable spans of segments of object 25544 overlap"):
        gpuprop.read_ephemerides(replace(message, segments=tuple(parts)).to_kvn(), catalog=catalog)


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"CENTER_NAME": "MOON"}, "CENTER_NAME is MOON"),
        ({"REF_FRAME": "ITRF2000"}, "REF_FRAME is ITRF2000"),
        ({"TIME_SYSTEM": "TDB"}, "TIME_SYSTEM is TDB"),
        ({"INTERPOLATION": "SPLINE"}, "INTERPOLATION is SPLINE"),
        ({"INTERPOLATION": "HERMITE", "INTERPOLATION_DEGREE": "4"}, "odd degree"),
        ({"INTERPOLATION": "LAGRANGE", "INTERPOLATION_DEGREE": "40"}, "1 to 15"),
        ({"USEABLE_START_TIME": "2024-11-02T00:00:00"}, "no length"),
        ({"OBJECT_ID": "2099-001A"}, "catalog number of '2099-001A' is not known"),
    ],
)
def test_what_cannot_be_used_is_refused(
    catalog: Catalog, message: Oem, metadata: dict[str, Any], reason: str
) -> None:
    with pytest.raises(InputError, match=reason):
        gpuprop.read_ephemerides(changed(message, **metadata).to_kvn(), catalog=catalog)


def test_numbers_can_be_given(message: Oem) -> None:
    text = changed(message, OBJECT_ID="2099-001A").to_kvn()
    (one,) = gpuprop.read_ephemerides(text, norad_ids={"2099-001A": 900001})
    assert one.norad_id == 900001
