"""Objects given by ephemerides among those given by element sets."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

import gpuprop
from gpuprop import Catalog, Encounters, Ephemeris
from gpuprop.errors import InputError
from gpuprop.messages import Cdm, catalog_oem, encounter_cdms

START = np.datetime64("2024-11-01T00:00:00", "ns")
STOP = START + np.timedelta64(6, "h")
SECOND = np.timedelta64(1, "s")
THRESHOLD_KM = 100.0
OWN = (25544, 20580, 27424)
# Lagrange of degree 9 through states a minute apart, measured below
ERROR_KM = 1e-4


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    sample = Catalog.sample()
    every = np.arange(len(sample)) % 8 == 0
    return sample.select(mask=every | np.isin(sample.norad_id, OWN))


def ephemerides(catalog: Catalog, ids: tuple[int, ...], stop: np.datetime64 = STOP) -> list[Ephemeris]:
    some = catalog.select(mask=np.isin(catalog.norad_id, ids))
    times = np.arange(START - 300 * SECOND, stop + 301 * SECOND, 60 * SECOND)
    message = catalog_oem(some, times)
    stated = {"INTERPOLATION": "LAGRANGE", "INTERPOLATION_DEGREE": "9"}
    segments = [
        replace(segment, metadata=MappingProxyType({**segment.metadata, **stated}))
        for segment in message.segments
    ]
    return list(
        gpuprop.read_ephemerides(replace(message, segments=tuple(segments)).to_kvn(), catalog=catalog)
    )


def of(encounters: Encounters, ids: tuple[int, ...]) -> Encounters:
    touched = np.isin(encounters.norad_id_1, ids) | np.isin(encounters.norad_id_2, ids)
    return encounters.select(mask=touched)


@pytest.fixture(scope="module")
def expected(catalog: Catalog) -> Encounters:
    return of(gpuprop.screen(catalog, START, STOP, threshold_km=THRESHOLD_KM), OWN)


@pytest.mark.parametrize("step_s", [None, 30.0, 300.0])
def test_own_ephemeris_gives_the_encounters_of_the_element_set(
    catalog: Catalog, expected: Encounters, step_s: float | None
) -> None:
    own = ephemerides(catalog, OWN)
    times_ns = np.arange(START.astype(np.int64), STOP.astype(np.int64), 13_000_000_000)
    for one in own:
        states = gpuprop.propagate(catalog.select(ids=[one.norad_id]), times_ns.astype("datetime64[ns]"))
        assert np.linalg.norm(one.states(times_ns)[0] - states.r[0], axis=1).max() < ERROR_KM
    others = catalog.select(mask=~np.isin(catalog.norad_id, OWN))
    found = of(
        gpuprop.screen(others, START, STOP, threshold_km=THRESHOLD_KM, ephemerides=own, step_s=step_s), OWN
    )
    assert found.parameters["ephemerides"] == 3
    assert len(expected) > 10
    for name in ("norad_id_1", "norad_id_2", "n_minima", "kind", "name_1", "name_2"):
        assert found[name].tolist() == expected[name].tolist()
    np.testing.assert_allclose(found.miss_distance_km, expected.miss_distance_km, atol=2 * ERROR_KM)
    off_s = np.abs((found.tca - expected.tca) / SECOND)
    assert (off_s * expected.relative_speed_km_s < 20 * ERROR_KM).all()
    np.testing.assert_allclose(found.relative_speed_km_s, expected.relative_speed_km_s, atol=1e-4)
    np.testing.assert_allclose(found.radial_km, expected.radial_km, atol=1e-2)


def test_ephemerides_can_be_primaries(catalog: Catalog) -> None:
    own = ephemerides(catalog, OWN)
    others = catalog.select(mask=~np.isin(catalog.norad_id, OWN))
    options: dict[str, Any] = {"threshold_km": THRESHOLD_KM, "ephemerides": own}
    found = gpuprop.screen(others, START, STOP, primaries=list(OWN), **options)
    assert found.parameters["primaries"] == len(OWN)
    rows = of(gpuprop.screen(others, START, STOP, **options), OWN).to_arrow().replace_schema_metadata(None)
    assert found.to_arrow().replace_schema_metadata(None).equals(rows)


def test_screened_within_the_span_only(catalog: Catalog, expected: Encounters) -> None:
    half = START + np.timedelta64(3, "h")
    own = [replace(one, stop_ns=int(half.astype(np.int64))) for one in ephemerides(catalog, OWN)]
    others = catalog.select(mask=~np.isin(catalog.norad_id, OWN))
    encounters = gpuprop.screen(others, START, STOP, threshold_km=THRESHOLD_KM, ephemerides=own)
    found = of(encounters, OWN)
    whole = expected.exit <= half
    earlier = expected.select(mask=whole)
    kept = found.select(mask=found.kind != "cut by error")
    assert kept.norad_id_1.tolist() == earlier.norad_id_1.tolist()
    assert kept.norad_id_2.tolist() == earlier.norad_id_2.tolist()
    assert (found.tca <= half).all()
    told = {failed.norad_id: failed for failed in encounters.report if failed.norad_id in OWN}
    assert set(told) == set(OWN)
    for failed in told.values():
        assert failed.status == 10
        assert "no ephemeris" in failed.meaning
        assert failed.first_failed_time == half + np.timedelta64(1, "ns")


def test_a_span_inside_a_step_is_not_overlooked(catalog: Catalog, expected: Encounters) -> None:
    """Of an encounter, only the ten seconds around its TCA are given."""
    row = int(np.argmax(expected.relative_speed_km_s))
    tca_ns = int(expected.tca[row].astype(np.int64))
    ids = (int(expected.norad_id_1[row]), int(expected.norad_id_2[row]))
    own = [one for one in ephemerides(catalog, OWN) if one.norad_id in ids][:1]
    short = [replace(one, start_ns=tca_ns - 5 * 10**9, stop_ns=tca_ns + 5 * 10**9) for one in own]
    others = catalog.select(mask=~np.isin(catalog.norad_id, OWN))
    found = of(
        gpuprop.screen(others, START, STOP, threshold_km=THRESHOLD_KM, ephemerides=short, step_s=300.0), OWN
    )
    assert ids in set(zip(found.norad_id_1.tolist(), found.norad_id_2.tolist(), strict=True))


def test_nothing_reaches_across_a_manoeuvre() -> None:
    """A follower 30 km behind leaves at a manoeuvre, for an orbit 100 km above."""
    station = Catalog.sample().select(ids=[25544])
    times = np.arange(START, START + 7201 * SECOND, 60 * SECOND)
    behind = catalog_oem(station, times - 4 * SECOND).segments[0]
    parts = []
    for part, factor in ((slice(0, 61), 1.0), (slice(60, None), 1.0 + 100.0 / 6800.0)):
        segment = replace(behind, times=times[part], r=behind.r[part] * factor, v=behind.v[part])
        parts.append(replace(segment, metadata=MappingProxyType({**behind.metadata, "OBJECT_ID": "900001"})))
    message = replace(catalog_oem(station, times), segments=tuple(parts))
    segments = gpuprop.read_ephemerides(message.to_kvn())
    found = gpuprop.screen(station, START, START + 7200 * SECOND, threshold_km=40.0, ephemerides=segments)
    assert found.norad_id_1.tolist() == [25544]
    assert found.norad_id_2.tolist() == [900001]
    assert found.kind.tolist() == ["cut by error"]
    assert found.duration_s[0] == pytest.approx(3600.0, abs=1e-8)
    assert 28.0 < found.miss_distance_km[0] < 32.0
    # The two segments meet at the manoeuvre, which is no encounter of the object with itself
    close = gpuprop.screen(station, START, START + 7200 * SECOND, threshold_km=200.0, ephemerides=segments)
    assert sorted(set(zip(close.norad_id_1.tolist(), close.norad_id_2.tolist(), strict=True))) == [
        (25544, 900001)
    ]
    assert len(close) == 2


def test_an_ephemeris_given_twice_is_refused(catalog: Catalog) -> None:
    own = ephemerides(catalog, OWN[:1], START + np.timedelta64(1, "h"))
    with pytest.raises(InputError, match="object 25544 has two ephemerides"):
        gpuprop.screen(catalog, START, STOP, ephemerides=own * 2)


def test_probabilities_and_messages_of_an_ephemeris_are_those_of_its_element_set(
    catalog: Catalog, expected: Encounters
) -> None:
    own = ephemerides(catalog, OWN)
    others = catalog.select(mask=~np.isin(catalog.norad_id, OWN))
    found = of(gpuprop.screen(others, START, STOP, threshold_km=THRESHOLD_KM, ephemerides=own), OWN)
    known = np.diag([100.0, 400.0, 100.0, 1e-4, 1e-4, 1e-4]) ** 2
    ids = {int(number) for number in [*found.norad_id_1, *found.norad_id_2]}
    covariance = dict.fromkeys(ids, known)
    theirs = gpuprop.assess(found, others, covariance=covariance, ephemerides=own)
    whole = gpuprop.assess(expected, catalog, covariance=covariance)
    assert theirs.covariance == whole.covariance
    np.testing.assert_allclose(theirs.probabilities.maximum, whole.probabilities.maximum, rtol=1e-3)
    messages = list(encounter_cdms(theirs, others, covariance=covariance, ephemerides=own))
    assert len(messages) == len(found)
    for message in messages:
        assert Cdm.read(message.to_kvn()).relative == message.relative
        for part in (message.object_1, message.object_2):
            by_ephemeris = int(part["OBJECT_DESIGNATOR"]) in OWN
            assert (part["EPHEMERIS_NAME"] == "NONE") != by_ephemeris
    own_comment = messages[0].comments["object_1" if found.norad_id_1[0] in OWN else "object_2"][0]
    assert own_comment.startswith("ephemeris that begins 0.")


def test_no_model_stands_for_the_covariance_of_an_ephemeris(catalog: Catalog) -> None:
    own = ephemerides(catalog, OWN)
    others = catalog.select(mask=~np.isin(catalog.norad_id, OWN))
    found = of(gpuprop.screen(others, START, STOP, threshold_km=THRESHOLD_KM, ephemerides=own), OWN)
    assessment = gpuprop.assess(found, others, covariance="coarse-age", ephemerides=own)
    one_sided = ~(np.isin(found.norad_id_1, OWN) & np.isin(found.norad_id_2, OWN))
    assert set(np.array(assessment.covariance)[one_sided]) == {"indicative: coarse-age, for one object"}
    with pytest.raises(InputError, match="given by an ephemeris"):
        list(encounter_cdms(assessment, others, covariance="coarse-age", ephemerides=own))
    with pytest.raises(InputError, match="and the ephemerides, that were screened"):
        gpuprop.assess(found, others)
