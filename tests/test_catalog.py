"""The Catalog class: reading, selecting, joining, refusing."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import numpy as np
import pytest

from gpuprop.catalog import Catalog
from gpuprop.errors import CatalogError, InputError

DATA = Path(__file__).parent / "data"
HEADER = (
    "OBJECT_NAME,OBJECT_ID,EPOCH,MEAN_MOTION,ECCENTRICITY,INCLINATION,RA_OF_ASC_NODE,ARG_OF_PERICENTER,"
    "MEAN_ANOMALY,EPHEMERIS_TYPE,CLASSIFICATION_TYPE,NORAD_CAT_ID,ELEMENT_SET_NO,REV_AT_EPOCH,BSTAR,"
    "MEAN_MOTION_DOT,MEAN_MOTION_DDOT\n"
)
ROW = "A,2020-001A,{epoch},15.5,.001,51.6,10,20,30,0,U,{norad_id},999,1,.1E-3,0,0\n"


def rows(*pairs: tuple[int, str]) -> str:
    return HEADER + "".join(ROW.format(norad_id=norad_id, epoch=epoch) for norad_id, epoch in pairs)


@pytest.fixture(scope="module")
def sample() -> Catalog:
    return Catalog.sample()


def test_sample_is_the_published_catalog(sample: Catalog) -> None:
    assert len(sample) == 26834
    assert (sample.norad_id[0], sample.name[0], sample.object_id[0]) == (5, "VANGUARD 1", "1958-002B")
    assert sample.epoch_utc[0] == np.datetime64("2024-10-29T12:18:43.492896", "ns")
    assert sample.mean_motion[0] == 10.8574679


def test_columns_cannot_be_changed(sample: Catalog) -> None:
    with pytest.raises(ValueError, match="read-only"):
        sample.bstar[0] = 1.0


def test_split_julian_date_is_exact() -> None:
    catalog = Catalog.read(rows((1, "2000-01-01T12:00:00.000000"), (2, "2000-01-01T00:00:00.000000001")))
    # 2000-01-01T12:00 UTC is JD 2451545.0 (USNO).
    assert (catalog.epoch_jd + catalog.epoch_fr)[0] == 2451545.0
    assert catalog.epoch_fr[0] == 0.5
    assert catalog.epoch_fr[1] == 1.0 / 86_400e9


def test_select_by_ids_keeps_their_order(sample: Catalog) -> None:
    assert sample.select(ids=[25544, 11, 5]).norad_id.tolist() == [25544, 11, 5]


def test_select_by_ids_and_mask(sample: Catalog) -> None:
    chosen = sample.select(ids=[5, 11], mask=sample.norad_id > 5)
    assert chosen.norad_id.tolist() == [11]


def test_select_names_what_is_absent(sample: Catalog) -> None:
    with pytest.raises(InputError, match="object 999999998 and 1 others not in the catalog"):
        sample.select(ids=[5, 999999998, 999999999])


@pytest.mark.parametrize("mask", [[True], np.ones(26834)])
def test_select_refuses_a_mask_that_does_not_fit(sample: Catalog, mask: object) -> None:
    with pytest.raises(InputError, match="one bool per object"):
        sample.select(mask=mask)  # type: ignore[arg-type]  # wrong on purpose


def test_indexing(sample: Catalog) -> None:
    assert sample[3].norad_id.tolist() == sample.norad_id[3:4].tolist()
    assert sample[-1].norad_id.tolist() == sample.norad_id[-1:].tolist()
    assert len(sample[::1000]) == 27
    assert len(sample[[]]) == 0
    assert sample[np.array([7, 2])].norad_id.tolist() == sample.norad_id[[7, 2]].tolist()
    with pytest.raises(IndexError, match="row 26834"):
        sample[26834]


def test_what_a_catalog_is_not(sample: Catalog) -> None:
    with pytest.raises(InputError, match="indexed by a row, a slice, a mask or an array of rows"):
        sample[[0.5]]
    with pytest.raises(InputError, match="catalogs holds a str; give catalogs only"):
        Catalog.concatenate([sample, "sample"])  # type: ignore[list-item]  # wrong on purpose
    with pytest.raises(TypeError, match="unhashable"):
        hash(sample)
    assert sample != "sample"
    assert [len(one) for one in sample[:3]] == [1, 1, 1]
    with pytest.raises(InputError, match="epoch has shape"):
        Catalog.from_arrays(**{**GOOD, "epoch": np.zeros((2, 1), np.int64)})  # type: ignore[arg-type]  # wrong on purpose


def test_a_report_is_a_sequence() -> None:
    report = Catalog.read(DATA / "SGP4-VER.TLE").report
    assert report == report[:]
    assert hash(report) == hash(report[:])
    assert len(report[:3]) == 3
    assert report[0].line == 4
    assert str(report).splitlines()[-1] == "... and 29 more"


def test_concatenate_keeps_sources_apart(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(rows((1, "2024-01-01T00:00:00")))
    (tmp_path / "b.csv").write_text(rows((2, "2024-01-02T00:00:00"), (1, "2024-01-03T00:00:00")))
    parts = [Catalog.read(tmp_path / name) for name in ("a.csv", "b.csv")]
    both = Catalog.concatenate(parts)
    assert both.norad_id.tolist() == [1, 2, 1]
    assert [Path(both.sources[index]).name for index in both.source] == ["a.csv", "b.csv", "b.csv"]
    assert both.line.tolist() == [2, 2, 3]
    assert len(Catalog.concatenate([])) == 0


def test_latest_of_several_element_sets_is_kept() -> None:
    text = rows((1, "2024-01-02T00:00:00"), (2, "2024-01-01T00:00:00"), (1, "2024-01-01T00:00:00"))
    catalog = Catalog.read(text)
    assert catalog.norad_id.tolist() == [1, 2]
    assert catalog.epoch_utc[0] == np.datetime64("2024-01-02")
    assert [(entry.line, entry.action, entry.norad_id) for entry in catalog.report] == [(4, "superseded", 1)]
    assert len(Catalog.read(text, duplicates="all")) == 3
    with pytest.raises(CatalogError, match="line 4: object 1 has more than one element set"):
        Catalog.read(text, duplicates="error")


def test_of_equal_epochs_the_last_is_kept() -> None:
    text = HEADER + "".join(
        ROW.format(norad_id=1, epoch="2024-01-02T00:00:00").replace(".001", eccentricity)
        for eccentricity in (".001", ".002")
    )
    assert Catalog.read(text).eccentricity.tolist() == [0.002]


def test_header_only_is_an_empty_catalog() -> None:
    catalog = Catalog.read(HEADER)
    assert len(catalog) == 0
    assert repr(catalog) == "<Catalog: 0 objects>"
    assert len(catalog[:5]) == len(Catalog.concatenate([catalog, catalog])) == 0


def test_legal_rows_are_read_and_the_rest_reported() -> None:
    text = rows((1, "2024-01-02T00:00:00"), (2, "2024-13-02T00:00:00"))
    catalog = Catalog.read(text)
    assert catalog.norad_id.tolist() == [1]
    (entry,) = catalog.report
    assert (entry.line, entry.column, entry.action, entry.norad_id) == (3, "EPOCH", "refused", 2)
    assert "1 refused" in repr(catalog)
    with pytest.raises(CatalogError, match="line 3, EPOCH"):
        Catalog.read(text, strict=True)


def test_nothing_legal_raises() -> None:
    with pytest.raises(CatalogError, match="2 records are refused in all"):
        Catalog.read(rows((1, "x"), (2, "y")))


@pytest.mark.parametrize(
    "arguments", [{"checksum": "maybe"}, {"checksum": None}, {"duplicates": "first"}, {"duplicates": True}]
)
def test_choices_are_checked(arguments: dict[str, object]) -> None:
    with pytest.raises(InputError, match=f"{next(iter(arguments))} is .*give one of"):
        Catalog.read(HEADER, **arguments)  # type: ignore[arg-type]  # wrong on purpose


def test_missing_file_and_wrong_kind() -> None:
    with pytest.raises(CatalogError, match=r"nowhere\.csv: there is no such file"):
        Catalog.read("nowhere.csv")
    with pytest.raises(CatalogError, match="cannot be read"):
        Catalog.read(DATA)
    with pytest.raises(InputError, match="path is a int"):
        Catalog.read(5)  # type: ignore[arg-type]  # wrong on purpose


def test_every_way_to_hand_over_text(tmp_path: Path) -> None:
    path = DATA / "sample_omm.csv"
    content = path.read_bytes()
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(content))
    ways = [
        path,
        str(path),
        content,
        content.decode(),
        io.BytesIO(content),
        io.StringIO(content.decode()),
        packed,
    ]
    catalogs = [Catalog.read(way) for way in ways]
    assert all(catalog == catalogs[0] for catalog in catalogs)
    with packed.open("rb") as file:
        assert Catalog.read(file) == catalogs[0]


def test_from_arrays_equals_reading(sample: Catalog) -> None:
    names = [
        name for name in sample.__dataclass_fields__ if name not in {"source", "line", "sources", "report"}
    ]
    assert Catalog.from_arrays(**{name: getattr(sample, name) for name in names}) == sample


GOOD = {
    "norad_id": [1, 2],
    "epoch": np.array([0, 86_400_000_000_000]) + 1_700_000_000_000_000_000,
    "mean_motion": [15.0, 1.0],
    "eccentricity": [0.0, 0.5],
    "inclination": [0.0, 180.0],
    "ra_of_asc_node": [0.0, 1.0],
    "arg_of_pericenter": [0.0, 1.0],
    "mean_anomaly": [0.0, 1.0],
    "bstar": [0.0, -1e-3],
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mean_motion": [15.0, 0.0]}, r"mean_motion\[1\]: mean motion 0.0 rev/day is outside"),
        ({"mean_motion": [15.0, np.nan]}, r"mean_motion\[1\]: nan is not a finite number"),
        ({"eccentricity": [1.0, 0.1]}, r"eccentricity\[0\]: eccentricity 1.0 is outside"),
        ({"inclination": [1.0, 181.0]}, r"inclination\[1\]"),
        ({"bstar": [1.0]}, "bstar has 1 values, norad_id 2"),
        ({"norad_id": [1.5, 2.0]}, r"norad_id\[0\] is 1.5; give whole numbers"),
        ({"norad_id": [-1, 2]}, r"norad_id\[0\]: catalog number -1"),
        ({"norad_id": [1, 10**9]}, r"norad_id\[1\]: catalog number 1000000000"),
        ({"norad_id": ["a", "b"]}, "norad_id holds <U1 values; give numbers"),
        ({"ephemeris_type": [0, 4]}, r"ephemeris_type\[1\]: ephemeris type 4 \(SGP4-XP\)"),
        ({"epoch": [0, 1]}, r"epoch\[0\]: epoch 19"),
        ({"name": ["a\x00b", "c"]}, r"name\[0\]: the text holds control characters"),
        ({"bstar": [[0.0, 1.0]]}, r"bstar has shape \(1, 2\)"),
        ({"colour": [0, 1]}, "colour is no column"),
    ],
)
def test_from_arrays_names_the_argument(change: dict[str, object], message: str) -> None:
    if "epoch" in change:
        message = r"epoch\[0\]: epoch 1900|epoch\[0\]"
        change = {"epoch": [-(10**18), 0]}
    with pytest.raises(InputError, match=message):
        Catalog.from_arrays(**{**GOOD, **change})  # type: ignore[arg-type]  # wrong on purpose


def test_repr_and_report_say_something(tmp_path: Path) -> None:
    catalog = Catalog.read(DATA / "SGP4-VER.TLE")
    assert repr(catalog).startswith(
        "<Catalog: 29 objects, epochs 1980-08-17T07:06:40.136832 to 2006-06-26T19:27:32"
    )
    assert repr(catalog.report) == "<Report: 3 refused, 30 repaired, 1 superseded>"
    catalog.report.to_csv(tmp_path / "report.csv")
    assert len((tmp_path / "report.csv").read_text().splitlines()) == 35
    assert str(catalog.report).splitlines()[1].endswith("the checksum is 4, and the line sums to 2")
