"""Orbit ephemeris messages, read, written and read by others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import gpuprop
from gpuprop import Catalog
from gpuprop.errors import CatalogError, InputError
from gpuprop.messages import Oem, OemSegment, catalog_oem

if TYPE_CHECKING:
    from pathlib import Path

TIMES = np.datetime64("2024-11-01T00:00", "ns") + np.arange(5) * np.timedelta64(60_000_000_001, "ns")

XML = """<?xml version="1.0" encoding="UTF-8"?>
<oem id="CCSDS_OEM_VERS" version="2.0">
 <header><COMMENT>by hand</COMMENT><CREATION_DATE>2024-11-01T00:00:00</CREATION_DATE>
  <ORIGINATOR>TEST</ORIGINATOR></header>
 <body><segment>
  <metadata><OBJECT_NAME>ONE</OBJECT_NAME><OBJECT_ID>2020-001A</OBJECT_ID><CENTER_NAME>EARTH</CENTER_NAME>
   <REF_FRAME>GCRF</REF_FRAME><TIME_SYSTEM>UTC</TIME_SYSTEM>
   <START_TIME>2024-11-01T00:00:00</START_TIME><STOP_TIME>2024-11-01T00:01:00</STOP_TIME></metadata>
  <data>
   <stateVector><EPOCH>2024-11-01T00:00:00</EPOCH><X units="km">7000</X><Y>1</Y><Z>2</Z>
    <X_DOT units="km/s">0.5</X_DOT><Y_DOT>7.5</Y_DOT><Z_DOT>0.25</Z_DOT></stateVector>
   <stateVector><EPOCH>2024-306T00:01:00</EPOCH><X>7001</X><Y>3</Y><Z>4</Z>
    <X_DOT>1.5</X_DOT><Y_DOT>6.5</Y_DOT><Z_DOT>1.25</Z_DOT></stateVector>
  </data>
 </segment></body>
</oem>
"""


@pytest.fixture(scope="module")
def message() -> Oem:
    return catalog_oem(Catalog.sample().select(ids=[25544, 20580]), TIMES, creation_date="2024-01-02")


def test_states_are_those_of_propagate(message: Oem) -> None:
    catalog = Catalog.sample().select(ids=[25544, 20580])
    states = gpuprop.propagate(catalog, TIMES)
    assert states.v is not None
    for row, segment in enumerate(message.segments):
        np.testing.assert_array_equal(segment.r, states.r[row])
        np.testing.assert_array_equal(segment.v, states.v[row])
        np.testing.assert_array_equal(segment.times, TIMES)
        assert segment.metadata["OBJECT_ID"] == catalog.object_id[row]
        assert segment.metadata["REF_FRAME"] == "TEME"
        assert segment.metadata["START_TIME"] == "2024-11-01T00:00:00.000"
        assert segment.metadata["STOP_TIME"] == "2024-11-01T00:04:00.000000004"


def test_it_reads_back_equal(message: Oem, tmp_path: Path) -> None:
    message.write(tmp_path / "states.oem")
    assert Oem.read(tmp_path / "states.oem") == message


def test_an_independent_reader_takes_it(message: Oem) -> None:
    ndm_io = pytest.importorskip("ccsds_ndm.ndm_io")
    found = ndm_io.NdmIo().from_string(message.to_kvn())
    for theirs, ours in zip(found.body.segment, message.segments, strict=True):
        assert theirs.metadata.ref_frame == "TEME"
        assert theirs.metadata.object_id == ours.metadata["OBJECT_ID"]
        positions = [[float(s.x.value), float(s.y.value), float(s.z.value)] for s in theirs.data.state_vector]
        np.testing.assert_array_equal(positions, ours.r)


def test_covariances_are_kept() -> None:
    rng = np.random.default_rng(1)
    root = rng.normal(size=(2, 6, 6))
    matrices = root @ root.transpose(0, 2, 1)
    matrices = 0.5 * (matrices + matrices.transpose(0, 2, 1))
    base = catalog_oem(Catalog.sample().select(ids=[25544]), TIMES).segments[0]
    segment = OemSegment(base.metadata, base.times, base.r, base.v, TIMES[:2], matrices, ("RTN", "TEME"))
    header = {"CCSDS_OEM_VERS": "2.0", "CREATION_DATE": "2024-01-02T00:00:00.000", "ORIGINATOR": "TEST"}
    message = Oem(header, (segment,))
    assert Oem.read(message.to_kvn()) == message


def test_xml() -> None:
    found = Oem.read(XML)
    assert found.comments == ("by hand",)
    (segment,) = found.segments
    assert segment.metadata["OBJECT_NAME"] == "ONE"
    assert segment.r.tolist() == [[7000.0, 1.0, 2.0], [7001.0, 3.0, 4.0]]
    assert segment.v.tolist() == [[0.5, 7.5, 0.25], [1.5, 6.5, 1.25]]
    assert segment.times[1] - segment.times[0] == np.timedelta64(60, "s")
    assert Oem.read(found.to_kvn()) == found


def test_states_that_are_not_usable_are_left_out_and_named(test_data: Path) -> None:
    """Object 28872 of the AIAA set decays within 55 minutes of its epoch; 33333 is never usable."""
    catalog = Catalog.read(test_data / "SGP4-VER.TLE", checksum="ignore").select(ids=[28872, 33334])
    epoch = catalog.epoch_utc[0]
    found = catalog_oem(catalog, epoch + np.array([0, 10, 50, 56], "timedelta64[m]"))
    (segment,) = found.segments
    assert len(segment.times) < 4
    assert any("not usable are left out" in text for text in segment.comments)
    assert any("object 33334 left out" in text for text in found.comments)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("CCSDS_OEM_VERS", "CCSDS_CDM_VERS", "an OEM begins with"),
        ("TIME_SYSTEM = UTC\n", "", "segment 1: TIME_SYSTEM missing"),
        ("META_STOP\n", "", "is no keyword|no KEYWORD|OEM metadata"),
        ("2024-11-01T00:02:00.000000002", "2024-11-01T00:00:00.000", "not later than the one before"),
        ("OBJECT_NAME = ", "SPEED = 3\nOBJECT_NAME = ", "'SPEED' is no keyword of OEM metadata"),
        ("ORIGINATOR = gpuprop", "ORIGINATOR = ", "ORIGINATOR has no value"),
    ],
)
def test_damage_is_refused(message: Oem, old: str, new: str, words: str) -> None:
    text = message.to_kvn()
    assert old in text
    with pytest.raises(CatalogError, match=words):
        Oem.read(text.replace(old, new, 1))


def test_damaged_states_are_refused(message: Oem) -> None:
    lines = message.to_kvn().splitlines()
    row = next(i for i, line in enumerate(lines) if line.startswith("2024-11-01T00:00:00.000 "))
    for bad, words in (("nan", "no finite number"), ("x", "no number"), ("", "has 5 numbers")):
        broken = lines.copy()
        broken[row] = " ".join([*lines[row].split()[:-1], bad])
        with pytest.raises(CatalogError, match=f"line {row + 1}.*{words}"):
            Oem.read("\n".join(broken))


def test_bad_times_are_refused() -> None:
    with pytest.raises(InputError, match="ascend"):
        catalog_oem(Catalog.sample()[:1], TIMES[::-1])
