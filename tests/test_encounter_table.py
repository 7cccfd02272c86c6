from __future__ import annotations

import csv
import pickle
import sys
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pyarrow import parquet

from gpuprop import Encounters
from gpuprop.arrow_columns import numbers_of, numbers_to_arrow, texts_to_arrow
from gpuprop.atomic_write import atomic_path
from gpuprop.encounter_table import KINDS, SCHEMA, FailedObject
from gpuprop.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

NS_2024 = 1_730_419_200_000_000_000
MISSING = np.iinfo(np.int64).min
FLOATS = [field.name for field in SCHEMA if field.type == pa.float64()]

finite = st.floats(allow_nan=False, allow_infinity=False)
instant = st.integers(-(2**62), 2**62)
names = st.text(max_size=12)
identifiers = st.integers(0, 999_999_999)


@st.composite
def rows(draw: st.DrawFn) -> dict[str, object]:
    row: dict[str, object] = {name: draw(finite) for name in FLOATS}
    first, second = sorted([draw(identifiers), draw(identifiers)])
    row |= {"norad_id_1": first, "norad_id_2": second, "name_1": draw(names), "name_2": draw(names)}
    row |= {
        "tca": draw(instant),
        "n_minima": draw(st.integers(0, 2**31 - 1)),
        "kind": draw(st.sampled_from(KINDS)),
    }
    return row | {name: draw(st.one_of(st.just(MISSING), instant)) for name in ("enter", "exit")}


failed_objects = st.builds(
    FailedObject,
    norad_id=identifiers,
    name=names,
    status=st.integers(1, 9),
    meaning=names,
    first_failed_time=st.one_of(st.none(), instant.map(lambda ns: np.datetime64(ns, "ns"))),
)
tables = st.builds(
    lambda rows, report, parameters: Encounters.from_columns(
        columns(rows), report=report, parameters=parameters
    ),
    st.lists(rows(), max_size=6),
    st.lists(failed_objects, max_size=2),
    st.dictionaries(names, st.one_of(st.none(), finite, names, st.booleans()), max_size=3),
)


def columns(rows: list[dict[str, object]]) -> dict[str, list[object]]:
    return {name: [row[name] for row in rows] for name in SCHEMA.names}


def row(**changes: object) -> dict[str, object]:
    plain: dict[str, object] = dict.fromkeys(FLOATS, 1.5)
    plain |= {"norad_id_1": 5, "norad_id_2": 25544, "name_1": "VANGUARD 1", "name_2": "ISS (ZARYA)"}
    plain |= {"tca": NS_2024 + 1, "enter": NS_2024, "exit": NS_2024 + 2, "n_minima": 1, "kind": "flyby"}
    return plain | changes


@pytest.fixture
def three() -> Encounters:
    return Encounters.from_columns(
        columns(
            [
                row(tca=NS_2024 + 9, miss_distance_km=0.5),
                row(tca=NS_2024 + 3, miss_distance_km=4.0, enter=MISSING, kind="cut by window"),
                row(tca=NS_2024 + 3, miss_distance_km=2.0, norad_id_1=4),
            ]
        ),
        parameters={
            "threshold_km": 5.0,
            "start": np.datetime64("2024-11-01"),
            "step_s": None,
            "n": np.int64(3),
        },
        report=[FailedObject(36884, "PSLV DEB", 6, "decayed", np.datetime64("2024-11-01T03:00:00", "ns"))],
    )


def test_rows_are_in_order_of_tca_then_ids(three: Encounters) -> None:
    assert three.norad_id_1.tolist() == [4, 5, 5]
    assert (three.tca - np.datetime64("2024-11-01", "ns")).astype(int).tolist() == [3, 3, 9]


def test_order_of_the_input_rows_does_not_matter() -> None:
    given_rows = [row(tca=NS_2024 + shift, miss_distance_km=float(shift)) for shift in (5, 1, 3)]
    assert Encounters.from_columns(columns(given_rows)) == Encounters.from_columns(columns(given_rows[::-1]))


def test_columns_have_the_documented_types(three: Encounters) -> None:
    assert three["tca"].dtype == np.dtype("datetime64[ns]")
    assert three.norad_id_2.dtype == np.int64
    assert three.n_minima.dtype == np.int32
    assert three.kind.tolist() == ["flyby", "cut by window", "flyby"]
    assert np.isnat(three.enter).tolist() == [False, True, False]


def test_nothing_can_be_changed(three: Encounters) -> None:
    with pytest.raises(AttributeError, match="immutable"):
        three.report = ()
    with pytest.raises(ValueError, match="read-only"):
        three.miss_distance_km[0] = 0.0
    with pytest.raises(TypeError):
        three.parameters["threshold_km"] = 1.0  # type: ignore[index]  # wrong on purpose


def test_parameters_and_report_are_plain_values(three: Encounters) -> None:
    assert dict(three.parameters) == {
        "threshold_km": 5.0,
        "start": "2024-11-01T00:00:00.000000000Z",
        "step_s": None,
        "n": 3,
    }
    assert three.report[0].first_failed_time == np.datetime64("2024-11-01T03:00:00")


def test_closest_comes_first_and_keeps_report(three: Encounters) -> None:
    two = three.closest(2)
    assert two.miss_distance_km.tolist() == [0.5, 2.0]
    assert two.report == three.report
    assert len(three.closest(99)) == 3
    with pytest.raises(InputError, match="n is -1"):
        three.closest(-1)


def test_select_takes_rows_by_mask_and_keeps_report(three: Encounters) -> None:
    close = three.select(mask=three.miss_distance_km < 3.0)
    assert close.miss_distance_km.tolist() == [2.0, 0.5]
    assert close.report == three.report
    assert close.parameters == three.parameters
    with pytest.raises(InputError, match="one boolean for each of 3 rows"):
        three.select(mask=np.array([True]))
    with pytest.raises(InputError, match="mask is int64"):
        three.select(mask=np.array([0, 1, 2]))


def test_repr_says_what_is_inside(three: Encounters) -> None:
    assert repr(three).startswith("<Encounters: 3 encounters within 5 km")
    assert "closest 0.500 km" in repr(three)
    assert "1 failed object" in repr(three)


def test_frames_have_the_same_columns_and_values(three: Encounters) -> None:
    frame, polar = three.to_pandas(), three.to_polars()
    assert isinstance(frame, pd.DataFrame)
    assert isinstance(polar, pl.DataFrame)
    assert list(frame.columns) == polar.columns == SCHEMA.names
    assert str(frame["tca"].dtype) == "datetime64[ns, UTC]"
    assert polar["miss_distance_km"].to_list() == frame["miss_distance_km"].tolist() == [2.0, 4.0, 0.5]
    assert three.to_arrow().schema.equals(SCHEMA)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_absent_library_is_named(three: Encounters, library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ImportError, match=f"to_{library} needs {library}: pip install {library}"):
        getattr(three, f"to_{library}")()


def test_pickle_round_trip(three: Encounters) -> None:
    assert pickle.loads(pickle.dumps(three)) == three


@given(tables)
@settings(max_examples=150, deadline=None)
def test_parquet_round_trip_is_exact(tmp_path_factory: pytest.TempPathFactory, table: Encounters) -> None:
    path = tmp_path_factory.mktemp("parquet") / "encounters.parquet"
    table.to_parquet(path)
    assert Encounters.read(path) == table


@given(tables)
@settings(max_examples=150, deadline=None)
def test_csv_round_trip_keeps_every_row_exactly(
    tmp_path_factory: pytest.TempPathFactory, table: Encounters
) -> None:
    path = tmp_path_factory.mktemp("csv") / "encounters.csv"
    table.to_csv(path)
    back = Encounters.read(path)
    assert back.to_arrow().equals(table.to_arrow())
    assert back.report == ()


def test_csv_is_rfc_4180_with_iso_instants(tmp_path: Path) -> None:
    path = tmp_path / "encounters.csv"
    table = Encounters.from_columns(columns([row(name_1='A, "B"', enter=MISSING, radial_km=0.1)]))
    table.to_csv(path)
    text = path.read_bytes().decode()
    assert text.count("\r\n") == text.count("\n") == 2
    with path.open(newline="") as file:
        (record,) = csv.DictReader(file)
    assert list(record) == SCHEMA.names
    assert record["name_1"] == 'A, "B"'
    assert record["enter"] == ""
    assert record["tca"] == "2024-11-01T00:00:00.000000001Z"
    assert record["radial_km"] == "0.1"


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_empty_table_keeps_its_types(tmp_path: Path, suffix: str) -> None:
    empty = Encounters.from_columns({name: [] for name in SCHEMA.names})
    path = tmp_path / f"empty.{suffix}"
    getattr(empty, f"to_{suffix}")(path)
    back = Encounters.read(path)
    assert back.to_arrow().schema.equals(SCHEMA)
    assert len(back) == len(back.closest(5)) == 0
    assert back.tca.dtype == np.dtype("datetime64[ns]")
    assert repr(back).startswith("<Encounters: 0 encounters")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"norad_id_1": 30_000}, "norad_id_1 is greater than norad_id_2"),
        ({"miss_distance_km": float("nan")}, "miss_distance_km has values that are not finite"),
        ({"age_1_days": float("inf")}, "age_1_days has values that are not finite"),
        ({"kind": "near"}, "kind 'near' is not known"),
        ({"tca": MISSING}, "column tca has empty fields"),
        ({"tca": 1.5}, "column tca is not usable"),
        ({"norad_id_1": "five"}, "column norad_id_1 is not usable"),
        ({"norad_id_1": 5.5}, "column norad_id_1 is not usable"),
        ({"n_minima": 2**31}, "column n_minima is not usable"),
        ({"radial_km": None}, "column radial_km"),
    ],
)
def test_impossible_values_are_refused(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        Encounters.from_columns(columns([row(**changes)]))


def test_missing_unknown_and_ragged_columns_are_named() -> None:
    good = columns([row()])
    with pytest.raises(InputError, match="columns missing: tca"):
        Encounters.from_columns({name: value for name, value in good.items() if name != "tca"})
    with pytest.raises(InputError, match="columns not known: pc"):
        Encounters.from_columns(good | {"pc": [0.0]})
    with pytest.raises(InputError, match="columns differ in length: norad_id_1 2, norad_id_2 1"):
        Encounters.from_columns(good | {"norad_id_1": [5, 5]})


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "not a table of encounters"),
        (b"PAR1 and then nothing of use", "not a table of encounters"),
        (b"a,b\r\n1,2\r\n", "columns missing"),
        (b"\xff\xfe\x00", "not a table of encounters"),
    ],
)
def test_other_files_are_refused_by_name(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "other.bin"
    path.write_bytes(content)
    with pytest.raises(InputError, match=sentence) as caught:
        Encounters.read(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_csv_with_a_bad_field_says_where(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    Encounters.from_columns(columns([row(radial_km=0.125)])).to_csv(path)
    path.write_text(path.read_text().replace("0.125", "abc"))
    with pytest.raises(InputError, match=r"bad\.csv.*'abc'"):
        Encounters.read(path)


def test_parquet_with_damaged_metadata_is_refused(tmp_path: Path, three: Encounters) -> None:
    path = tmp_path / "damaged.parquet"
    parquet.write_table(three.to_arrow().replace_schema_metadata({b"gpuprop.report": b"[{}]"}), path)
    with pytest.raises(InputError, match="not a table of encounters"):
        Encounters.read(path)


def test_interrupted_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "kept.txt"
    path.write_text("old")

    def write_half() -> None:
        with atomic_path(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        write_half()
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["kept.txt"]


def test_link_is_followed_and_odd_targets_are_refused(tmp_path: Path, three: Encounters) -> None:
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.write_text("old")
    link.symlink_to(real)
    three.to_csv(link)
    assert link.is_symlink()
    assert len(Encounters.read(real)) == 3
    with pytest.raises(InputError, match="not a plain file"):
        three.to_csv("/dev/null")
    with pytest.raises(InputError, match="does not exist; create it first"):
        three.to_csv(tmp_path / "absent" / "x.csv")


@given(
    hnp.arrays(
        st.sampled_from([np.int8, np.int64, np.float64]),
        st.integers(0, 20),
        elements=st.integers(-100, 100),
    ),
    st.data(),
)
def test_numbers_go_to_arrow_and_back(values: np.ndarray, data: st.DataObject) -> None:
    missing = np.array(data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values))), bool)
    column = numbers_to_arrow(values, missing=missing)
    column.validate(full=True)
    expected = [
        None if gone else value for value, gone in zip(values.tolist(), missing.tolist(), strict=True)
    ]
    assert column.to_pylist() == expected
    if values.dtype == np.float64:
        assert np.array_equal(numbers_of(column[1:]), np.where(missing, np.nan, values)[1:], equal_nan=True)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_texts_go_to_arrow(texts: list[str]) -> None:
    column = texts_to_arrow(texts)
    column.validate(full=True)
    assert column.to_pylist() == texts
