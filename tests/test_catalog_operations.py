"""Selection, groups, ages, tables, python-sgp4 objects and made-up catalogs."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gpuprop.catalog import Catalog
from gpuprop.catalog_groups import launch_of, name_stem, orbit_class
from gpuprop.errors import CatalogError, InputError

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def sample() -> Catalog:
    return Catalog.sample()


@pytest.mark.parametrize(
    ("mean_motion", "eccentricity", "expected"),
    [
        (15.5, 0.001, "LEO"),
        (11.25, 0.001, "other"),  # the limit itself is not above it
        (15.5, 0.25, "other"),  # neither below nor above 0.25
        (2.0, 0.01, "MEO"),
        (2.4, 0.0, "MEO"),  # 600 minutes
        (1.0027, 0.0003, "GEO"),
        (1.0027, 0.02, "other"),
        (2.0, 0.73, "HEO"),
    ],
)
def test_orbit_class(mean_motion: float, eccentricity: float, expected: str) -> None:
    assert orbit_class(np.array([mean_motion]), np.array([eccentricity])).tolist() == [expected]


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("STARLINK-1007", "STARLINK"),
        ("ONEWEB-0012", "ONEWEB"),
        ("COSMOS 2251 DEB", "COSMOS"),
        ("FENGYUN 1C DEB", "FENGYUN"),
        ("ISS (ZARYA)", "ISS"),
        ("VANGUARD R/B", "VANGUARD"),
        ("GLOBALSTAR M001", "GLOBALSTAR"),
        ("CZ-2C R/B", "CZ"),
        ("1998-067A", "1998-067A"),
        ("", ""),
    ],
)
def test_name_stem(name: str, stem: str) -> None:
    assert name_stem(name) == stem


@pytest.mark.parametrize(
    ("object_id", "launch"),
    [("1998-067A", "1998-067"), ("2024-001ABC", "2024-001"), ("", ""), ("98067A", "")],
)
def test_launch(object_id: str, launch: str) -> None:
    assert launch_of(object_id) == launch


def test_groups_hold_every_row_once(sample: Catalog) -> None:
    for by in ("name", "launch"):
        rows = np.concatenate(list(sample.groups(by=by).values()))
        assert np.array_equal(np.sort(rows), np.arange(len(sample)))
    assert len(sample.groups(by="name")["STARLINK"]) == sum(
        name.startswith("STARLINK") for name in sample.name
    )
    with pytest.raises(InputError, match="by is 'orbit'; give 'name' or 'launch'"):
        sample.groups(by="orbit")


def test_selection_by_name_ignores_case_and_takes_brackets(sample: Catalog) -> None:
    chosen = sample.select(name="iss (*)")
    assert "ISS (ZARYA)" in chosen.name
    assert len(sample.select(name="no such name")) == 0


def test_selection_by_age_looks_both_ways(sample: Catalog) -> None:
    at = sample.epoch_utc[100]
    chosen = sample.select(max_age_days=0.25, at=at)
    expected = np.abs(sample.epoch_utc - at) <= np.timedelta64(6, "h")
    assert np.array_equal(chosen.norad_id, sample.norad_id[expected])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"orbit": "GSO"}, "orbit is 'GSO'; give one of 'LEO'"),
        ({"max_age_days": 1.0}, "max_age_days and at belong together"),
        ({"at": "2024-11-01"}, "max_age_days and at belong together"),
        ({"max_age_days": -1.0, "at": "2024-11-01"}, "max_age_days is -1.0"),
        ({"max_age_days": float("nan"), "at": "2024-11-01"}, "max_age_days is nan"),
        ({"max_age_days": 1.0, "at": "yesterday"}, "at"),
        ({"name": 5}, "name is 5; give a pattern"),
        ({"ids": ["ISS"]}, "ids holds <U3 values"),
        ({"ids": [5.0]}, "ids holds float64 values"),
    ],
)
def test_selection_refuses_nonsense(sample: Catalog, arguments: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        sample.select(**arguments)  # type: ignore[arg-type]  # wrong on purpose


def test_age_in_days_and_its_warning(sample: Catalog) -> None:
    at = dt.datetime(2024, 11, 1, tzinfo=dt.UTC)
    ages = sample.age(at=at)
    first = dt.datetime(2024, 10, 29, 12, 18, 43, 492896, tzinfo=dt.UTC)
    assert ages[0] == pytest.approx((at - first).total_seconds() / 86400, abs=1e-12)
    count = int((np.abs(ages) > 7).sum())
    with pytest.warns(UserWarning, match=f"{count} of 26834 element sets are more than 7 days from"):
        sample.age(at=at, warn_above_days=7.0)
    sample.age(at=at, warn_above_days=1000.0)


def test_merge_takes_the_later_element_set(sample: Catalog) -> None:
    older = sample[:3]
    columns = {
        name: getattr(older, name) for name in ("norad_id", "mean_motion", "eccentricity", "inclination")
    }
    columns |= {
        name: getattr(older, name)
        for name in ("ra_of_asc_node", "arg_of_pericenter", "mean_anomaly", "bstar")
    }
    newer = Catalog.from_arrays(epoch=older.epoch + 1, **columns)
    merged = Catalog.merge([newer, older])
    assert merged.epoch.tolist() == newer.epoch.tolist()
    assert [entry.norad_id for entry in merged.report.only("superseded")] == [5, 11, 12]
    assert len(Catalog.merge([newer, older], duplicates="all")) == 6
    with pytest.raises(CatalogError, match="object 5 has more than one element set"):
        Catalog.merge([newer, older], duplicates="error")


def test_tables_round_trip(sample: Catalog) -> None:
    assert Catalog.from_arrow(sample.to_arrow()) == sample
    assert Catalog.from_pandas(sample.to_pandas()) == sample
    assert Catalog.from_polars(sample.to_polars()) == sample


def test_a_table_with_omm_keywords_and_text_epochs(sample: Catalog) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.read_csv(DATA / "sample_omm.csv")
    assert Catalog.from_pandas(frame) == Catalog.read(DATA / "sample_omm.csv")
    with pytest.raises(InputError, match="there is no column bstar"):
        Catalog.from_pandas(frame.drop(columns="BSTAR"))
    frame["BSTAR"] = [None]
    with pytest.raises(InputError, match="BSTAR has 1 missing values"):
        Catalog.from_pandas(frame)
    frame["BSTAR"] = 0.0
    frame["bstar"] = 0.0
    with pytest.raises(InputError, match="bstar twice"):
        Catalog.from_pandas(frame)


def test_tables_with_absent_or_numbered_names(sample: Catalog) -> None:
    frame = sample[:3].to_pandas()
    assert Catalog.from_pandas(frame.assign(name=[None] * 3)).name.tolist() == ["", "", ""]
    assert Catalog.from_pandas(frame.assign(name=[7, 8, 9])).name.tolist() == ["7", "8", "9"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda frame: Catalog.from_pandas(frame.assign(MEAN_ELEMENT_THEORY="SGP4-XP")),
            "MEAN_ELEMENT_THEORY",
        ),
        (
            lambda frame: Catalog.from_pandas(frame.assign(ref_frame=["TEME", "", "EME2000"])),
            r"REF_FRAME\[2\]",
        ),
        (lambda frame: Catalog.from_pandas(frame.assign(BTERM=[None, 0.02, None])), r"BTERM\[1\]"),
        (lambda frame: Catalog.from_pandas(frame.assign(ephemeris_type=4)), "ephemeris type 4"),
        (lambda frame: Catalog.from_pandas(frame.assign(epoch=["2024-01-01", 5, None])), "of several kinds"),
        (lambda frame: Catalog.from_pandas([frame]), "frame is a list"),
        (lambda frame: Catalog.from_polars(5), "frame is a int"),
        (lambda frame: Catalog.from_arrow(frame), "table is a DataFrame"),
        (lambda frame: Catalog.from_satrecs([None]), r"satellites\[0\] is a NoneType"),
    ],
)
def test_tables_that_cannot_be_used_say_why(sample: Catalog, make: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make(sample[:3].to_pandas())


def test_satrecs_round_trip_to_the_last_bit(shared_data: Path) -> None:
    api = pytest.importorskip("sgp4.api")
    catalog = Catalog.read(shared_data / "catalogs" / "space-track-20250415.tle.gz")
    catalog = catalog.select(mask=catalog.norad_id <= 339_999)
    satellites = catalog.to_satrecs()
    again = Catalog.from_satrecs(satellites).to_satrecs()
    for name in ("no_kozai", "ecco", "inclo", "nodeo", "argpo", "mo", "bstar", "ndot", "nddot"):
        assert [getattr(s, name) for s in again] == [getattr(s, name) for s in satellites], name
    assert np.array_equal(Catalog.from_satrecs(satellites).epoch, catalog.epoch)
    assert isinstance(satellites[0], api.Satrec)


def test_satrecs_propagate_as_twoline2rv() -> None:
    api = pytest.importorskip("sgp4.api")
    path = DATA / "iridium33_cosmos2251_20090210.tle"
    lines = path.read_text().splitlines()
    reference = api.Satrec.twoline2rv(lines[0], lines[1], api.WGS72)
    (ours, _) = Catalog.read(path).to_satrecs(mode="improved")
    _, r_reference, _ = reference.sgp4(2454873.0, 0.25)
    _, r_ours, _ = ours.sgp4(2454873.0, 0.25)
    # sgp4init is given the epoch in one double; a near-Earth object takes nothing else from it.
    assert r_ours == r_reference


def test_satrec_limits() -> None:
    api = pytest.importorskip("sgp4.api")
    lines = (DATA / "iridium33_cosmos2251_20090210.tle").read_text().splitlines()
    with pytest.raises(InputError, match=r"satellites\[0\] has mu = 398600.5"):
        Catalog.from_satrecs([api.Satrec.twoline2rv(lines[0], lines[1], api.WGS84)])
    large = Catalog.synthetic(1)
    columns = {name: getattr(large, name) for name in large.__dataclass_fields__ if name in _REQUIRED}
    big = Catalog.from_arrays(**{**columns, "norad_id": [340_000]})
    with pytest.raises(InputError, match="object 340000: python-sgp4 holds catalog numbers up to 339999"):
        big.to_satrecs()
    with pytest.raises(InputError, match="mode is 'a'"):
        large.to_satrecs(mode="a")


_REQUIRED = {
    "norad_id",
    "epoch",
    "mean_motion",
    "eccentricity",
    "inclination",
    "ra_of_asc_node",
    "arg_of_pericenter",
    "mean_anomaly",
    "bstar",
}


def test_synthetic_is_repeatable_and_looks_like_the_sample(sample: Catalog) -> None:
    made = Catalog.synthetic(50_000, seed=7)
    assert made == Catalog.synthetic(50_000, seed=7)
    assert made != Catalog.synthetic(50_000, seed=8)
    assert made.norad_id.tolist() == list(range(1, 50_001))
    for kind in ("LEO", "MEO", "GEO", "HEO"):
        # Four standard deviations of a share of one half in 50,000 draws.
        share = (made.orbit_class == kind).mean() - (sample.orbit_class == kind).mean()
        assert abs(share) < 4 * 0.5 / np.sqrt(50_000)
    for name in ("mean_motion", "eccentricity", "inclination", "bstar"):
        quantiles = [np.quantile(getattr(c, name), [0.05, 0.5, 0.95]) for c in (made, sample)]
        np.testing.assert_allclose(*quantiles, rtol=0.05, atol=1e-6, err_msg=name)
    # No perigee sinks into the Earth that was not there before.
    lowest = [(1.0 / c.mean_motion ** (2 / 3) * (1 - c.eccentricity)).min() for c in (made, sample)]
    assert lowest[0] > 0.99 * lowest[1]


def test_synthetic_keeps_the_joint_distribution(sample: Catalog) -> None:
    """Six columns in fifths each: 15,625 cells, and how much of the catalog lies in others."""
    columns = ("mean_motion", "eccentricity", "inclination", "ra_of_asc_node", "bstar", "epoch")
    edges = {name: np.unique(np.quantile(getattr(sample, name), [0.2, 0.4, 0.6, 0.8])) for name in columns}

    def shares(fifths: list[np.ndarray]) -> np.ndarray:
        cell = sum(5**place * fifth for place, fifth in enumerate(fifths))
        return np.bincount(cell, minlength=5 ** len(columns)) / len(fifths[0])

    def fifths(catalog: Catalog) -> list[np.ndarray]:
        return [np.searchsorted(edges[name], getattr(catalog, name)) for name in columns]

    random = np.random.default_rng(0)
    real = shares(fifths(sample))
    made = np.abs(shares(fifths(Catalog.synthetic(200_000, seed=7))) - real).sum() / 2
    apart = np.abs(shares([random.permutation(column) for column in fifths(sample)]) - real).sum() / 2
    # Columns drawn each for themselves put three quarters elsewhere; chance alone puts a twentieth.
    assert apart > 0.7
    assert made < 0.12


@pytest.mark.parametrize("n", [-1, 1.5, True, "10", 10**9])
def test_synthetic_refuses_nonsense(n: object) -> None:
    with pytest.raises(InputError, match="n is"):
        Catalog.synthetic(n)  # type: ignore[arg-type]  # wrong on purpose


def test_an_empty_catalog_can_be_handed_around() -> None:
    empty = Catalog.synthetic(0)
    assert len(empty) == 0
    assert Catalog.from_arrow(empty.to_arrow()) == empty
    assert empty.to_satrecs() == []
    assert empty.groups(by="name") == {}
    assert len(empty.select(name="*", orbit="LEO")) == 0
    assert len(Catalog.merge([empty, empty])) == 0
