"""What is written reads back as it was."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gpuprop.catalog import Catalog
from gpuprop.errors import InputError
from tests.formats.corpus import summed

OMM = ("csv", "json", "xml", "kvn")
DAY = 86_400_000_000_000


def is_plain(text: str) -> bool:
    """Whether a name is one: no control characters, nothing XML cannot hold, no blanks around it."""
    return text == text.strip() and not any(
        ord(c) < 32 or 127 <= ord(c) < 160 or c in "\ufffe\uffff" for c in text
    )


names = st.text(st.characters(codec="utf-8"), max_size=30).filter(is_plain)
angles = st.floats(-360.0, 360.0)
rates = st.floats(-100.0, 100.0)


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    first, last = np.datetime64("1957-01-01", "ns"), np.datetime64("2262-01-01", "ns")
    return {
        "norad_id": draw(st.integers(0, 999_999_999)),
        "object_id": draw(names),
        "name": draw(names),
        "epoch": draw(st.integers(int(first.astype(np.int64)), int(last.astype(np.int64)) - 1)),
        "mean_motion": draw(st.floats(0.0, 20.0, exclude_min=True)),
        "eccentricity": draw(st.floats(0.0, 0.999)),
        "inclination": draw(st.floats(0.0, 180.0)),
        "ra_of_asc_node": draw(angles),
        "arg_of_pericenter": draw(angles),
        "mean_anomaly": draw(angles),
        "bstar": draw(rates),
        "mean_motion_dot": draw(rates),
        "mean_motion_ddot": draw(rates),
        "element_set_no": draw(st.integers(0, 2**31 - 1)),
        "rev_at_epoch": draw(st.integers(0, 2**31 - 1)),
        "ephemeris_type": draw(st.sampled_from([0, 2, 3])),
        "classification_type": draw(st.sampled_from("UCST")),
    }


def catalog_of(rows: list[dict[str, Any]]) -> Catalog:
    return Catalog.from_arrays(**{name: [row[name] for row in rows] for name in rows[0]})


@pytest.mark.parametrize("kind", OMM)
@given(rows=st.lists(records(), min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_omm_is_exact(kind: str, rows: list[dict[str, Any]]) -> None:
    catalog = catalog_of(rows)
    back = Catalog.read(catalog.to_text(format=kind), duplicates="all")
    assert back == catalog
    assert not back.report
    assert np.signbit(back.bstar).tolist() == np.signbit(catalog.bstar).tolist()


@pytest.mark.slow
@pytest.mark.parametrize("kind", OMM)
@given(rows=st.lists(records(), min_size=1, max_size=4))
@settings(max_examples=3000, deadline=None, suppress_health_check=list(HealthCheck))
def test_omm_is_exact_at_length(kind: str, rows: list[dict[str, Any]]) -> None:
    catalog = catalog_of(rows)
    assert Catalog.read(catalog.to_text(format=kind), duplicates="all") == catalog


@st.composite
def tle_records(draw: st.DrawFn) -> dict[str, Any]:
    """Element sets that a TLE can hold without loss."""

    def power() -> float:
        digits, power = draw(st.integers(10_000, 99_999)), draw(st.integers(-9, 1))
        return draw(st.sampled_from([-1.0, 1.0])) * (digits / 1e5) * 10.0**power

    first = (np.datetime64("1957-01-01", "ns").astype(np.int64)) // 864_000
    last = (np.datetime64("2057-01-01", "ns").astype(np.int64)) // 864_000
    return {
        "norad_id": draw(st.integers(0, 339_999)),
        "object_id": draw(st.from_regex(r"(19[6-9][0-9]|20[0-4][0-9])-[0-9]{3}[A-Z]{1,3}", fullmatch=True)),
        "epoch": draw(st.integers(int(first), int(last) - 1)) * 864_000,
        "mean_motion": draw(st.integers(1, 20 * 10**8)) / 1e8,
        "eccentricity": draw(st.integers(0, 9_990_000)) / 1e7,
        "inclination": draw(st.integers(0, 1_800_000)) / 1e4,
        "ra_of_asc_node": draw(st.integers(0, 3_599_999)) / 1e4,
        "arg_of_pericenter": draw(st.integers(0, 3_599_999)) / 1e4,
        "mean_anomaly": draw(st.integers(0, 3_599_999)) / 1e4,
        "bstar": power(),
        "mean_motion_dot": draw(st.integers(-99_999_999, 99_999_999)) / 1e8,
        "mean_motion_ddot": power(),
        "element_set_no": draw(st.integers(0, 9999)),
        "rev_at_epoch": draw(st.integers(0, 99_999)),
        "ephemeris_type": draw(st.sampled_from([0, 2, 3])),
        "classification_type": draw(st.sampled_from("UCST")),
    }


@given(rows=st.lists(tle_records(), min_size=1, max_size=4))
@settings(max_examples=200, deadline=None)
def test_what_fits_a_tle_keeps_its_value(rows: list[dict[str, Any]]) -> None:
    catalog = catalog_of(rows)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        text = catalog.to_text(format="tle")
    back = Catalog.read(text, duplicates="all")
    for name in rows[0]:
        before, after = getattr(catalog, name), getattr(back, name)
        if name in {"bstar", "mean_motion_ddot"}:
            np.testing.assert_allclose(after, before, rtol=1e-15, atol=0.0)
        else:
            assert after.tolist() == before.tolist(), name
    assert back.to_text(format="tle") == text


def in_one_spelling(line: str) -> str:
    """Pad catalog numbers with zeros, not blanks, leave out plus signs, give zero a negative exponent."""
    line = f"{line[:2]}{line[2:7].replace(' ', '0')}{line[7:]}"
    if line[0] == "2":
        return line
    for column in (33, 44, 53):
        line = line[:column] + line[column].replace("+", " ") + line[column + 1 :]
    return line.replace(" 00000+0", " 00000-0")


def test_real_lines_are_written_as_they_were(shared_data: Any) -> None:
    path = shared_data / "catalogs" / "space-track-20250415.tle.gz"
    import gzip

    original = gzip.open(path, "rt").read().splitlines()
    written = Catalog.read(path).to_text(format="tle").splitlines()
    assert len(original) == len(written)
    assert [line for line in written if summed(line) != line] == []
    assert written == [summed(in_one_spelling(line)) for line in original]


ONE = {
    "norad_id": [5],
    "epoch": [1_699_920_000_000_000_000],
    "mean_motion": [15.0],
    "eccentricity": [0.1],
    "inclination": [50.0],
    "ra_of_asc_node": [0.0],
    "arg_of_pericenter": [0.0],
    "mean_anomaly": [0.0],
    "bstar": [0.0],
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"norad_id": [340_000]}, "object 340000: catalog number 340000 does not fit into a TLE"),
        ({"epoch": [2_800_000_000_000_000_000]}, "object 5: the epoch year 2058 does not fit"),
        ({"mean_motion_dot": [1.5]}, "object 5: mean_motion_dot 1.5 does not fit"),
        ({"mean_motion_dot": [-0.999999999]}, "object 5: mean_motion_dot -0.999999999 does not fit"),
        ({"mean_motion": [1e-9]}, "mean_motion 1e-09 rounds to 0"),
    ],
)
def test_what_does_not_fit_a_tle_is_an_error(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Catalog.from_arrays(**{**ONE, **change}).to_text(format="tle")


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"epoch": [1_699_920_000_000_000_001]}, "epoch"),
        ({"inclination": [50.00001]}, "inclination"),
        ({"bstar": [1.23456e-4]}, "bstar"),
        ({"bstar": [1e-17]}, "bstar"),
        ({"rev_at_epoch": [123_456]}, "rev_at_epoch"),
        ({"object_id": ["2024-001 and more"]}, "object_id"),
        ({"classification_type": ["?"]}, "classification_type"),
        ({"mean_anomaly": [-10.0]}, "mean_anomaly"),
    ],
)
def test_loss_is_named(change: dict[str, Any], column: str) -> None:
    catalog = Catalog.from_arrays(**{**ONE, **change})
    with pytest.warns(UserWarning, match=f"changed {column} of 1 element sets"):
        text = catalog.to_text(format="tle")
    assert all(len(line) == 69 for line in text.splitlines())
    assert len(Catalog.read(text)) == 1


def test_epoch_rounded_over_the_year_end() -> None:
    last = np.datetime64("2024-12-31T23:59:59.999999999", "ns").astype(np.int64)
    with pytest.warns(UserWarning, match="changed epoch of 1"):
        text = Catalog.from_arrays(**{**ONE, "epoch": [last]}).to_text(format="tle")
    assert text[18:32] == "25001.00000000"


def test_names_in_three_lines() -> None:
    catalog = Catalog.from_arrays(**ONE, name=["1 25544U LOOKS LIKE A LINE"])
    text = catalog.to_text(format="3le")
    assert text.startswith("0 1 25544U LOOKS LIKE A LINE\n1 00005U")
    assert Catalog.read(text).name.tolist() == catalog.name.tolist()


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@A1"])
def test_spreadsheet_safe_is_a_choice(name: str) -> None:
    catalog = Catalog.from_arrays(**ONE, name=[name])
    assert catalog.to_text(format="csv").splitlines()[1].startswith(f"{name},")
    safe = catalog.to_text(format="csv", spreadsheet_safe=True).splitlines()[1]
    assert safe.startswith(f"'{name},")
    with pytest.raises(InputError, match="spreadsheet_safe is for CSV"):
        catalog.to_text(format="json", spreadsheet_safe=True)


def test_format_and_suffix_are_checked(tmp_path: Any) -> None:
    catalog = Catalog.from_arrays(**ONE)
    with pytest.raises(InputError, match="format is 'yaml'; give one of 'csv'"):
        catalog.to_text(format="yaml")
    with pytest.raises(InputError, match=r"path ends in 'catalog.dat', no known format"):
        catalog.write(tmp_path / "catalog.dat")
    for name in ("a.csv", "a.json.gz", "a.XML", "a.kvn", "a.tle", "a.3le.gz"):
        catalog.write(tmp_path / name)
        assert Catalog.read(tmp_path / name).norad_id.tolist() == [5]
    catalog.write(tmp_path / "catalog.dat", format="json")
    assert (tmp_path / "catalog.dat").read_text().startswith("[")


@pytest.mark.parametrize("kind", [*OMM, "tle", "3le"])
def test_an_empty_catalog_is_written(kind: str) -> None:
    text = Catalog.synthetic(0).to_text(format=kind)
    if kind in {"csv", "json", "xml"}:
        assert len(Catalog.read(text)) == 0
    else:
        assert not text
