"""Conjunction data messages, read, written and read by others."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

import gpuprop
from gpuprop import Catalog
from gpuprop.errors import CatalogError, InputError
from gpuprop.messages import Cdm, encounter_cdms
from gpuprop.screening.describe import ric_axes

if TYPE_CHECKING:
    from pathlib import Path

IRIDIUM, COSMOS = 24946, 22675


@pytest.fixture(scope="module")
def collision(test_data: Path) -> Catalog:
    return Catalog.read(test_data / "iridium33_cosmos2251_20090210.tle")


@pytest.fixture(scope="module")
def message(collision: Catalog) -> Cdm:
    encounters = gpuprop.screen(collision, "2009-02-10T16:00Z", "2009-02-10T18:00Z", threshold_km=5.0)
    assessment = gpuprop.assess(encounters, collision, covariance="coarse-age")
    (found,) = encounter_cdms(
        assessment,
        collision,
        covariance="coarse-age",
        originator="TEST",
        creation_date="2024-01-02T03:04:05Z",
    )
    return found


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("CDM-covariance-wrong-entry-format.txt", r"line 65: CRDOT_T = .*this is no number"),
        ("CDM-frame-mapper.txt", r"line 41: 'COVARIANCE_SOURCE' is no keyword of a CDM"),
        ("CDM-missing-TCA.txt", r"relative: TCA missing"),
        ("CDM-missing-object1-covariance-block.xml", r"object 1: CR_R, CT_R, CT_T and 18 more missing"),
        ("CDM-missing-object2-state-vector.txt", r"object 2: X missing"),
        ("CDM-no-orbit-center-defined-obj1.txt", r"line 11: INTERNATIONAL_DESIGNATOR .* not ASCII"),
        ("CDM-wrong-key-word.txt", r"line 6: 'WRONG_KEYWORD' is no keyword of a CDM"),
    ],
)
def test_broken_messages_are_refused_with_their_reason(test_data: Path, name: str, words: str) -> None:
    with pytest.raises(CatalogError, match=words) as caught:
        Cdm.read(test_data / "cdm" / name)
    assert name in str(caught.value)


def test_a_lenient_reader_overlooks_words_but_no_numbers(test_data: Path) -> None:
    found = Cdm.read(test_data / "cdm" / "CDM-wrong-key-word.txt", strict=False)
    assert "WRONG_KEYWORD" in found.repairs[0]
    assert found.object_2["OBJECT_NAME"] == "ASTRA 1B"
    with pytest.raises(CatalogError, match="no number"):
        Cdm.read(test_data / "cdm" / "CDM-covariance-wrong-entry-format.txt", strict=False)


def test_a_published_message(test_data: Path) -> None:
    found = Cdm.read(test_data / "cdm" / "OmitronTestCase_Test07_NonPDCovariance.cdm")
    assert found.repairs == ()
    assert found.tca == np.datetime64("2017-02-02T23:14:54.330", "ns")
    assert found.relative["MISS_DISTANCE"] == 50206.691406
    assert found.object_1["OBS_USED"] == 521
    assert found.object_2["SEDR"] == 0.35064
    r, v = found.state(1)
    assert r.tolist() == [1744.639749, -6818.161473, 593.731644]
    assert v.tolist() == [9.504548462, 1.443037154, 1.513667188]
    assert found.covariance(1)[1, 0] == found.covariance(1)[0, 1] == 7.026448704768224e03
    assert found.covariance(2)[5, 5] == 2.242695541188171e-01


def test_unusable_optional_values_are_left_out_and_named(test_data: Path) -> None:
    found = Cdm.read(test_data / "cdm" / "AlfanoTestCase03.cdm")
    assert "OBS_USED" not in found.object_1
    assert any("OBS_USED = 'NaN'" in note for note in found.repairs)
    assert any("RELATIVE_VELOCITY_R" in note and "it must be m/s" in note for note in found.repairs)
    probability = found.probability(hard_body_radius_m=15.0).probability[0]
    # CARA's Pc2D_Foster unit test
    assert probability == pytest.approx(1.00351176e-01, rel=1e-3)


@pytest.mark.parametrize("name", ["AlfanoTestCase03.cdm", "OmitronTestCase_Test07_NonPDCovariance.cdm"])
def test_what_is_written_reads_back_equal(test_data: Path, tmp_path: Path, name: str) -> None:
    found = Cdm.read(test_data / "cdm" / name)
    assert Cdm.read(found.to_kvn()) == found
    assert Cdm.read(found.to_xml()) == found
    found.write(tmp_path / "one.xml")
    assert (tmp_path / "one.xml").read_text().startswith("<?xml")
    assert Cdm.read(tmp_path / "one.xml") == found


def test_a_message_of_an_encounter_reads_back_equal(message: Cdm) -> None:
    assert Cdm.read(message.to_kvn()) == message
    assert Cdm.read(message.to_xml()) == message


@pytest.mark.parametrize("notation", ["kvn", "xml"])
def test_an_independent_reader_takes_it(message: Cdm, notation: str) -> None:
    ndm_io = pytest.importorskip("ccsds_ndm.ndm_io")
    text = message.to_kvn() if notation == "kvn" else message.to_xml()
    found = ndm_io.NdmIo().from_string(text)
    relative = found.body.relative_metadata_data
    assert str(relative.tca) == message.relative["TCA"]
    assert float(relative.miss_distance.value) == message.relative["MISS_DISTANCE"]
    for segment, values in zip(found.body.segment, (message.object_1, message.object_2), strict=True):
        assert segment.metadata.object_designator == values["OBJECT_DESIGNATOR"]
        assert float(segment.data.state_vector.x.value) == values["X"]
        assert float(segment.data.state_vector.z_dot.value) == values["Z_DOT"]
        assert float(segment.data.covariance_matrix.cndot_tdot.value) == values["CNDOT_TDOT"]


def test_what_it_says_of_the_collision(message: Cdm) -> None:
    """Time and speed as in the data's description: 16:55:59.796 UTC, 698 m, 11.647 km/s."""
    assert abs(message.tca - np.datetime64("2009-02-10T16:55:59.796", "ns")) < np.timedelta64(1, "ms")
    assert message.relative["MISS_DISTANCE"] == pytest.approx(698.0, abs=1.0)
    assert message.relative["RELATIVE_SPEED"] == pytest.approx(11_647.0, abs=1.0)
    assert (message.object_1["OBJECT_DESIGNATOR"], message.object_2["OBJECT_DESIGNATOR"]) == (
        "22675",
        "24946",
    )
    (r1, v1), (r2, v2) = message.state(1), message.state(2)
    assert 1e3 * np.linalg.norm(r2 - r1) == pytest.approx(message.relative["MISS_DISTANCE"], abs=1e-4)
    axes = ric_axes(r1[None], v1[None])[0]
    for axis, value in zip("RTN", 1e3 * axes @ (r2 - r1), strict=True):
        assert message.relative[f"RELATIVE_POSITION_{axis}"] == pytest.approx(value, abs=1e-3)
    for axis, value in zip("RTN", 1e3 * axes @ (v2 - v1), strict=True):
        assert message.relative[f"RELATIVE_VELOCITY_{axis}"] == pytest.approx(value, abs=1e-3)


def test_nothing_is_invented(message: Cdm) -> None:
    for values in (message.object_1, message.object_2):
        assert values["COVARIANCE_METHOD"] == "DEFAULT"
        assert values["MANEUVERABLE"] == "N/A"
        assert "OBS_USED" not in values
        assert "MASS" not in values
    for part in ("object_1", "object_2"):
        assert "indicative" in " ".join(message.comments[part])
    assert "indicative: coarse-age" in " ".join(message.comments["relative"])
    said = " ".join(message.comments["header"])
    assert re.search(r"sha256:[0-9a-f]{64}", said)
    assert f"gpuprop {gpuprop.__version__}" in said
    assert "mode afspc" in said
    assert "threshold_km 5.0" in said


def test_its_probability_is_that_of_the_assessment(message: Cdm) -> None:
    found = message.probability(hard_body_radius_m=10.0)
    assert found.probability[0] == pytest.approx(message.relative["COLLISION_PROBABILITY"], rel=1e-6)
    assert message.relative["COLLISION_PROBABILITY_METHOD"] == "FOSTER-1992"


def test_modelled_covariances_are_positive(message: Cdm) -> None:
    for which in (1, 2):
        matrix = message.covariance(which)
        scale = np.sqrt(np.diagonal(matrix))
        assert np.linalg.eigvalsh(matrix / np.outer(scale, scale)).min() > -1e-12
        assert (scale > 0.0).all()


def test_given_covariances_are_taken_as_they_are(collision: Catalog) -> None:
    encounters = gpuprop.screen(collision, "2009-02-10T16:00Z", "2009-02-10T18:00Z", threshold_km=5.0)
    assessment = gpuprop.assess(encounters, collision)
    full = np.diag([1e4, 4e4, 1e4, 1e-2, 1e-2, 1e-2]) + 0.5
    (found,) = encounter_cdms(assessment, collision, covariance={IRIDIUM: full, COSMOS: 2.0 * full})
    np.testing.assert_array_equal(found.covariance(2), full)
    np.testing.assert_array_equal(found.covariance(1), 2.0 * full)
    assert found.object_1["COVARIANCE_METHOD"] == "CALCULATED"
    assert "COLLISION_PROBABILITY" not in found.relative
    assert "no probability: no covariance" in " ".join(found.comments["relative"])
    with pytest.raises(InputError, match="lacks object 22675"):
        list(encounter_cdms(assessment, collision, covariance={IRIDIUM: full}))
    with pytest.raises(InputError, match=r"covariance\[22675\] is no symmetric"):
        list(encounter_cdms(assessment, collision, covariance={IRIDIUM: full, COSMOS: np.eye(3)}))


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("CCSDS_CDM_VERS", "CCSDS_OEM_VERS", "begins with CCSDS_CDM_VERS"),
        ("OBJECT1\n", "OBJECT3\n", "OBJECT1 or OBJECT2 is needed"),
        ("[km]", "[m]", "the unit is 'm'; it must be km"),
        ("= GCRF", "= TEME", "one of GCRF, EME2000, ITRF is needed"),
        ("= DEFAULT", "= GUESSED", "one of CALCULATED, DEFAULT is needed"),
        ("TCA                            = 2009-02-10", "TCA = 2009-02-30", "there is no day 30"),
        ("MISS_DISTANCE ", "MISS_DISTANCE = 1 [m]\nMISS_DISTANCE ", "MISS_DISTANCE is there twice"),
        ("ORIGINATOR ", "what is this\nORIGINATOR ", "is no KEYWORD = value"),
        ("ORIGINATOR ", "ORIGINATOR_\x00 ", "control characters"),
    ],
)
def test_damage_is_refused_with_the_line(message: Cdm, old: str, new: str, words: str) -> None:
    with pytest.raises(CatalogError, match=words) as caught:
        Cdm.read(changed(message.to_kvn(), old, new))
    assert "line" in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("<cdm ", "<!DOCTYPE cdm><cdm ", "DOCTYPE"),
        ("</cdm>", "", "no XML"),
        ("<segment>", "<segment><segment>", "no XML"),
        ('units="km"', 'units="m"', "the unit is 'm'; it must be km"),
    ],
)
def test_damaged_xml_is_refused(message: Cdm, old: str, new: str, words: str) -> None:
    with pytest.raises(CatalogError, match=words):
        Cdm.read(changed(message.to_xml(), old, new))


def test_states_in_a_turning_frame_have_no_probability(message: Cdm) -> None:
    turning = dataclasses.replace(message, object_1=dict(message.object_1) | {"REF_FRAME": "ITRF"})
    with pytest.raises(InputError, match="one inertial frame"):
        turning.probability(hard_body_radius_m=10.0)
