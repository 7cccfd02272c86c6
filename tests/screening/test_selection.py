"""Whom against whom: whatever is chosen, the rows are those of the full screening that belong to it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import gpuprop
from gpuprop.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

START, STOP = "2024-11-01T00:00:00Z", "2024-11-01T01:00:00Z"


@pytest.fixture(scope="module")
def sample() -> gpuprop.Catalog:
    return gpuprop.Catalog.sample()


@pytest.fixture(scope="module")
def part(sample: gpuprop.Catalog) -> gpuprop.Catalog:
    """Every eighth object, and all that are docked to something."""
    mask = (np.arange(len(sample)) % 8 == 0) | np.isin(sample.norad_id, [25544, 49044, 48274, 53239, 54216])
    return sample.select(mask=mask)


def rows(encounters: gpuprop.Encounters) -> Any:
    return encounters.to_arrow().replace_schema_metadata(None)


def either(encounters: gpuprop.Encounters, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.isin(encounters.norad_id_1, ids) | np.isin(encounters.norad_id_2, ids)


def test_some_against_all_is_the_filter_of_all_against_all(part: gpuprop.Catalog, engine: Any) -> None:
    whole = gpuprop.screen(part, START, STOP, threshold_km=20, engine=engine.name)
    rng = np.random.default_rng(4)
    chosen = {
        "random": rng.choice(part.norad_id, 10, replace=False),
        "stations": np.array([25544, 48274]),
        "GEO": part.norad_id[part.orbit_class == "GEO"],
        "HEO": part.norad_id[part.orbit_class == "HEO"],
        "none": np.empty(0, np.int64),
    }
    for name, ids in chosen.items():
        found = gpuprop.screen(part, START, STOP, threshold_km=20, primaries=ids, engine=engine.name)
        assert rows(found).equals(rows(whole).filter(either(whole, ids))), name
        assert found.report == whole.report, name
        assert found.parameters["primaries"] == len(ids)


def test_primaries_against_secondaries(part: gpuprop.Catalog, engine: Any) -> None:
    whole = gpuprop.screen(part, START, STOP, threshold_km=20, engine=engine.name)
    low, starlink = part.mean_motion > 14.0, np.char.startswith(part.name, "STARLINK")
    found = gpuprop.screen(
        part,
        START,
        STOP,
        threshold_km=20,
        primaries=part.norad_id[starlink],
        secondaries=low,
        engine=engine.name,
    )
    p, s = part.norad_id[starlink], part.norad_id[low]
    one, two = whole.norad_id_1, whole.norad_id_2
    wanted = (np.isin(one, p) & np.isin(two, s)) | (np.isin(two, p) & np.isin(one, s))
    assert 0 < wanted.sum() < len(whole)
    assert rows(found).equals(rows(whole).filter(wanted))


def test_a_candidate_orbit_with_the_number_of_an_object(part: gpuprop.Catalog, engine: Any) -> None:
    """A copy of ISS a second ahead in its orbit, under the same number, and one that is there already."""
    one = part.select(ids=[25544])
    ahead = replace(one, mean_anomaly=one.mean_anomaly + 360.0 * 15.5 / 86400.0)
    candidates = gpuprop.Catalog.concatenate([ahead, one])
    both = gpuprop.screen(part, START, STOP, threshold_km=10, primaries=candidates, engine=engine.name)
    joined = gpuprop.Catalog.concatenate([part, ahead])
    whole = gpuprop.screen(joined, START, STOP, threshold_km=10, engine=engine.name)
    assert rows(both).equals(rows(whole).filter(either(whole, np.array([25544]))))
    met = (both.norad_id_1 == 25544) & (both.norad_id_2 == 25544)
    assert met.sum() == 1, "the candidate and the object itself, once; no object with itself"
    # One second at 7.66 km/s
    assert both.miss_distance_km[met][0] == pytest.approx(7.66, abs=0.05)
    apart = gpuprop.screen(
        part,
        START,
        STOP,
        threshold_km=10,
        primaries=candidates,
        secondaries=part,
        exclude="same-id",
        engine=engine.name,
    )
    assert not ((apart.norad_id_1 == 25544) & (apart.norad_id_2 == 25544)).any()
    assert apart.parameters["left_out_pairs"] == {"same-id": 1}


def test_two_catalogs_against_each_other(part: gpuprop.Catalog, engine: Any) -> None:
    half = np.arange(len(part)) % 2 == 0
    whole = gpuprop.screen(part, START, STOP, threshold_km=20, engine=engine.name)
    first, second = part.select(mask=half), part.select(mask=~half)
    found = gpuprop.screen(
        second, START, STOP, threshold_km=20, primaries=first, secondaries=second, engine=engine.name
    )
    crossing = np.isin(whole.norad_id_1, first.norad_id) != np.isin(whole.norad_id_2, first.norad_id)
    assert rows(found).equals(rows(whole).filter(crossing))


def test_exclusions_leave_out_and_count(part: gpuprop.Catalog, engine: Any) -> None:
    whole = gpuprop.screen(part, START, STOP, threshold_km=20, engine=engine.name)
    pairs = np.stack([whole.norad_id_1, whole.norad_id_2], axis=1)[::7]
    stem = np.array(
        [name.split("-")[0] if name.startswith(("STARLINK-", "ONEWEB-")) else "" for name in part.name]
    )
    found = gpuprop.screen(
        part, START, STOP, threshold_km=20, exclude_pairs=pairs, exclude_groups=stem, engine=engine.name
    )
    label = dict(zip(part.norad_id.tolist(), stem.tolist(), strict=True))
    listed = {tuple(pair) for pair in pairs.tolist()}
    keep = [
        (a, b) not in listed and (label[a] != label[b] or not label[a])
        for a, b in zip(whole.norad_id_1.tolist(), whole.norad_id_2.tolist(), strict=True)
    ]
    assert 0 < sum(keep) < len(keep)
    assert rows(found).equals(rows(whole).filter(np.array(keep)))
    sizes = [int((stem == name).sum()) for name in ("STARLINK", "ONEWEB")]
    assert found.parameters["left_out_pairs"] == {
        "groups": sum(n * (n - 1) // 2 for n in sizes),
        "pairs": len(listed),
    }


def test_docked_complexes_are_left_out(part: gpuprop.Catalog, engine: Any) -> None:
    """Tianhe, Wentian and Mengtian are one station: three pairs that never part. ISS and Nauka another."""
    ids = [25544, 49044, 48274, 53239, 54216, 5]
    stations = gpuprop.Catalog.sample().select(ids=ids)
    whole = gpuprop.screen(stations, START, STOP, engine=engine.name)
    found = gpuprop.screen(stations, START, STOP, exclude="docked", engine=engine.name)
    assert {(48274, 53239), (48274, 54216), (53239, 54216)} <= set(
        zip(whole.norad_id_1.tolist(), whole.norad_id_2.tolist(), strict=True)
    )
    assert found.parameters["left_out_docked"] == len(whole) - len(found) >= 3
    assert not (np.isnat(found.enter) & np.isnat(found.exit)).any()


def test_launch_and_constellation_by_name(sample: gpuprop.Catalog) -> None:
    """Counted by hand: 3 x STARLINK of two launches, a rocket body, and two objects without a name."""
    some = sample[:6]
    named = replace(
        some,
        name=np.array(["OBJECT A", "OBJECT B", "STARLINK-1", "STARLINK-2", "STARLINK-3", "STARLINK R/B"]),
        object_id=np.array(["", "", "2019-074A", "2019-074B", "2020-006A", "2020-006B"]),
    )
    found = gpuprop.screen(named, START, STOP, exclude=("constellation", "launch"), engine="cpu")
    assert found.parameters["left_out_pairs"] == {"constellation": 3, "launch": 2}
    found = gpuprop.screen(
        named, START, STOP, primaries=some.norad_id[2:3], exclude=("constellation", "launch"), engine="cpu"
    )
    assert found.parameters["left_out_pairs"] == {"constellation": 2, "launch": 1}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"primaries": [25544, 999_999_999, 7]}, "primaries: not in the catalog: 7, 999999999"),
        ({"primaries": [1.5]}, "primaries holds float64 values"),
        ({"primaries": ["ISS"]}, "primaries holds"),
        ({"primaries": [True, False]}, r"primaries is bool of shape \(2,\)"),
        ({"secondaries": [25544]}, "without primaries"),
        ({"primaries": [25544], "secondaries": [1]}, "secondaries: not in the catalog: 1"),
        ({"exclude": "fleet"}, "exclude holds 'fleet'"),
        ({"exclude": ["launch", "x"]}, "exclude holds 'x'"),
        ({"exclude_pairs": [25544, 49044]}, "exclude_pairs: give pairs"),
        ({"exclude_pairs": [[25544, 49044, 5]]}, "exclude_pairs: give pairs"),
        ({"exclude_pairs": [[25544, 1]]}, "exclude_pairs: not in the catalog: 1"),
        ({"exclude_pairs": [[25544, 25544]]}, "exclude_pairs: 25544 is paired with itself"),
        ({"exclude_groups": ["a"]}, "exclude_groups is"),
        ({"exclude_groups": [[1.0]]}, "exclude_groups is"),
    ],
)
def test_selections_that_make_no_sense(
    sample: gpuprop.Catalog, arguments: dict[str, Any], message: str
) -> None:
    stations = sample.select(ids=[25544, 49044, 48274])
    with pytest.raises(InputError, match=message):
        gpuprop.screen(stations, START, STOP, **arguments)
