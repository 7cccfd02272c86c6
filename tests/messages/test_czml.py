"""CZML, read by hand by the rules of the CZML guide (github.com/AnalyticalGraphicsInc/czml-writer/wiki)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import gpuprop
from gpuprop.errors import InputError
from gpuprop.messages import catalog_czml

if TYPE_CHECKING:
    from pathlib import Path

    from gpuprop import Catalog, Encounters

START, STOP = "2009-02-10T16:00:00Z", "2009-02-10T18:00:00Z"
SAMPLED = ("epoch", "referenceFrame", "interpolationAlgorithm", "interpolationDegree", "cartesian")


@pytest.fixture(scope="module")
def collision(test_data: Path) -> tuple[Catalog, Encounters]:
    catalog = gpuprop.Catalog.read(test_data / "iridium33_cosmos2251_20090210.tle")
    return catalog, gpuprop.screen(catalog, START, STOP)


def packets_of(text: str) -> dict[str, dict[str, Any]]:
    packets = json.loads(text)
    assert packets[0]["id"] == "document"
    assert packets[0]["version"] == "1.0"
    assert len({packet["id"] for packet in packets}) == len(packets)
    return {packet["id"]: packet for packet in packets}


def seconds(text: str, since: str) -> float:
    return (np.datetime64(text.rstrip("Z"), "ns") - np.datetime64(since.rstrip("Z"), "ns")) / np.timedelta64(
        1, "s"
    )


def interpolated(position: dict[str, Any], instant: str) -> np.ndarray[Any, Any]:
    """Do what the guide says: Lagrange's polynomial through the samples about the instant."""
    assert tuple(position) == SAMPLED
    samples = np.array(position["cartesian"]).reshape(-1, 4)
    assert (np.diff(samples[:, 0]) > 0.0).all()
    t, count = seconds(instant, position["epoch"]), position["interpolationDegree"] + 1
    first = int(np.clip(np.searchsorted(samples[:, 0], t) - count // 2, 0, len(samples) - count))
    near, result = samples[first : first + count], np.zeros(3)
    for i, (time, *values) in enumerate(near):
        others = np.delete(near[:, 0], i)
        result += np.prod((t - others) / (time - others)) * np.array(values)
    return result


@pytest.mark.parametrize("frame", ["fixed", "inertial"])
def test_interpolated_paths_meet_as_the_encounter_says(
    collision: tuple[Catalog, Encounters], frame: Any
) -> None:
    catalog, encounters = collision
    packets = packets_of(catalog_czml(catalog, START, STOP, encounters=encounters, frame=frame))
    (mark,) = [packet for name, packet in packets.items() if name.startswith("encounter/")]
    tca = f"{encounters.tca[0]}Z"
    references = mark["polyline"]["positions"]["references"]
    ends = [interpolated(packets[name.removesuffix("#position")]["position"], tca) for name in references]
    apart_m = np.linalg.norm(ends[1] - ends[0])
    assert apart_m == pytest.approx(1e3 * encounters.miss_distance_km[0], abs=0.1)
    np.testing.assert_allclose(ends[0], mark["position"]["cartesian"], atol=0.1)
    first, last = mark["availability"].split("/")
    assert seconds(tca, first) == pytest.approx(60.0 + encounters.duration_s[0] / 2, abs=1.0)
    assert seconds(last, first) == pytest.approx(120.0 + encounters.duration_s[0], abs=1e-6)
    clock = packets["document"]["clock"]
    assert clock["interval"] == "2009-02-10T16:00:00.000Z/2009-02-10T18:00:00.000Z"
    assert seconds(tca, clock["currentTime"]) == pytest.approx(60.0)


def test_fixed_axes_put_the_collision_above_siberia(collision: tuple[Catalog, Encounters]) -> None:
    """The two met at 72.5 N, 97.9 E, 789 km, as is commonly published of the collision of 2009."""
    catalog, encounters = collision
    packets = packets_of(catalog_czml(catalog, START, STOP, encounters=encounters))
    x, y, z = packets["encounter/1/22675/24946"]["position"]["cartesian"]
    assert np.degrees(np.arctan2(y, x)) == pytest.approx(97.9, abs=0.2)
    assert np.degrees(np.arctan2(z, np.hypot(x, y))) == pytest.approx(72.5, abs=0.3)
    # Above the ellipsoid, which is 19 km below the equatorial radius there
    assert np.hypot(np.hypot(x, y), z) / 1e3 == pytest.approx(789.0 + 6378.1 - 19.4, abs=3.0)


@pytest.mark.parametrize("eccentric", [False, True])
def test_the_step_keeps_interpolation_within_10_cm(eccentric: bool) -> None:
    sample = gpuprop.Catalog.sample()
    row = int(np.argmax(sample.eccentricity)) if eccentric else int(np.argmax(sample.mean_motion[:5000]))
    one = sample[row : row + 1]
    window = "2024-11-01T00:00Z", "2024-11-02T12:00Z"
    packet = packets_of(catalog_czml(one, *window, frame="inertial"))[f"object/{one.norad_id[0]}"]
    samples = np.array(packet["position"]["cartesian"]).reshape(-1, 4)[:, 0]
    middles = (samples[3:-3] + samples[4:-2]) / 2.0
    instants = np.datetime64("2024-11-01", "ns") + np.round(middles * 1e9).astype("timedelta64[ns]")
    r = gpuprop.propagate(one, instants).r[0]
    from gpuprop.frames import teme_to_gcrf

    expected = teme_to_gcrf(r, instants.astype(np.int64)) * 1e3
    found = [interpolated(packet["position"], str(instant)) for instant in instants]
    assert np.linalg.norm(found - expected, axis=1).max() < 0.1


def test_names_are_escaped_where_they_are_html(collision: tuple[Catalog, Encounters]) -> None:
    catalog, _ = collision
    columns = ["norad_id", "epoch", "mean_motion", "eccentricity", "inclination", "ra_of_asc_node"]
    columns += ["arg_of_pericenter", "mean_anomaly", "bstar"]
    hostile = type(catalog).from_arrays(
        **{name: getattr(catalog, name) for name in columns},
        name=["<img src=x onerror=alert(1)>", "A\u202eB"],
    )
    packets = list(packets_of(catalog_czml(hostile, START, STOP)).values())
    assert packets[1]["description"].startswith("&lt;img")
    assert packets[2]["label"]["text"] == "A\ufffdB"


def test_failed_objects_are_named_and_left_out() -> None:
    catalog = gpuprop.Catalog.sample().select(ids=[25544, 36884])
    packets = packets_of(catalog_czml(catalog, "2024-11-01", "2024-11-01T01:00"))
    assert list(packets) == ["document", "object/25544"]
    assert packets["document"]["properties"]["left_out"]["string"].startswith("36884: decayed")
    with pytest.raises(InputError, match="no object of the catalog has a usable state"):
        catalog_czml(catalog.select(ids=[36884]), "2024-11-01", "2024-11-01T01:00")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"stop": START}, "stop is not after start"),
        ({"frame": "ecef"}, "frame is 'ecef'; choose one of 'fixed', 'inertial'"),
        ({"step_s": 0.0}, "step_s is 0; give 0.1 to 86,400 seconds"),
    ],
)
def test_refusals(collision: tuple[Catalog, Encounters], change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        catalog_czml(collision[0], **({"start": START, "stop": STOP} | change))


def test_several_element_sets_are_refused(collision: tuple[Catalog, Encounters]) -> None:
    twice = gpuprop.Catalog.concatenate([collision[0], collision[0]])
    with pytest.raises(InputError, match="several element sets of object 22675"):
        catalog_czml(twice, START, STOP)
