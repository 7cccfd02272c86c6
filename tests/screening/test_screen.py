"""`screen` from outside: what it refuses, what it returns when there is nothing, what never changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gpuprop
from gpuprop.encounter_schema import SCHEMA
from gpuprop.errors import InputError

DATA = Path(__file__).parents[1] / "data"
START, TWO_HOURS = "2024-11-01T00:00:00Z", "2024-11-01T02:00:00Z"


@pytest.fixture(scope="module")
def sample() -> gpuprop.Catalog:
    return gpuprop.Catalog.sample()


@pytest.fixture(scope="module")
def stations(sample: gpuprop.Catalog) -> gpuprop.Catalog:
    return sample.select(ids=[25544, 49044, 48274, 53239, 54216])


def table(encounters: gpuprop.Encounters) -> Any:
    return encounters.to_arrow().replace_schema_metadata(None)


@pytest.mark.parametrize("threshold_km", [0.0, -1.0, np.nan, np.inf, 1e6, "near", None])
def test_thresholds_that_make_no_sense(stations: gpuprop.Catalog, threshold_km: Any) -> None:
    with pytest.raises(InputError, match="threshold_km is"):
        gpuprop.screen(stations, START, TWO_HOURS, threshold_km=threshold_km)


@pytest.mark.parametrize("step_s", [0.0, -60.0, np.nan, 0.5, 301.0, "fast"])
def test_steps_that_make_no_sense(stations: gpuprop.Catalog, step_s: Any) -> None:
    with pytest.raises(InputError, match="step_s is"):
        gpuprop.screen(stations, START, TWO_HOURS, step_s=step_s)


@pytest.mark.parametrize("stop", [START, "2024-10-31"])
def test_empty_and_reversed_windows(stations: gpuprop.Catalog, stop: str) -> None:
    with pytest.raises(InputError, match="stop is not after start"):
        gpuprop.screen(stations, START, stop)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("mode", "best"),
        ("engine", "abacus"),
        ("max_memory", "much"),
        ("max_memory", 0),
        ("max_memory", "1MB"),
    ],
)
def test_choices_that_do_not_exist(sample: gpuprop.Catalog, argument: str, value: Any) -> None:
    with pytest.raises(InputError, match=argument):
        gpuprop.screen(sample, START, TWO_HOURS, **{argument: value})


@pytest.mark.parametrize("ids", [[], [25544]])
def test_too_few_objects_to_meet(sample: gpuprop.Catalog, ids: list[int], engine: Any) -> None:
    found = gpuprop.screen(sample.select(ids=ids), START, TWO_HOURS, engine=engine.name)
    assert len(found) == 0
    assert found.to_arrow().schema.equals(SCHEMA, check_metadata=False)
    assert found.report == ()


def test_a_year_of_a_few_objects(stations: gpuprop.Catalog, engine: Any) -> None:
    """ISS and its docked Nauka, as long as both last: the decay of the model is in the report."""
    pair = stations.select(ids=[25544, 49044])
    found = gpuprop.screen(pair, START, "2025-11-01", threshold_km=20, engine=engine.name)
    assert len(found) >= 1
    assert {failed.norad_id for failed in found.report} <= {25544, 49044}


def test_all_objects_failed(sample: gpuprop.Catalog, engine: Any) -> None:
    """36884, 81579, 85220 and 87942 have decayed by the model before the window begins."""
    gone = sample.select(ids=[36884, 81579, 85220, 87942])
    found = gpuprop.screen(gone, START, TWO_HOURS, threshold_km=1000, engine=engine.name)
    assert len(found) == 0
    assert [failed.norad_id for failed in found.report] == [36884, 81579, 85220, 87942]
    assert all(failed.first_failed_time is None and failed.status > 0 for failed in found.report)


def test_steps_order_and_memory_change_nothing(sample: gpuprop.Catalog, engine: Any) -> None:
    near = sample.select(mask=sample.mean_motion > 14.5)
    reference = gpuprop.screen(near, START, "2024-11-01T00:30", step_s=60, engine=engine.name)
    assert len(reference) > 300
    shuffled = near[np.random.default_rng(2).permutation(len(near))]
    for step_s, memory in [(10, None), (30, "100MB"), (47.3, None), (120, "40MB"), (300, None)]:
        again = gpuprop.screen(
            shuffled, START, "2024-11-01T00:30", step_s=step_s, max_memory=memory, engine=engine.name
        )
        assert table(again).equals(table(reference)), step_s


def test_a_smaller_threshold_is_a_filter(sample: gpuprop.Catalog, engine: Any) -> None:
    wide = gpuprop.screen(sample, START, "2024-11-01T00:20", threshold_km=10, engine=engine.name)
    narrow = gpuprop.screen(sample, START, "2024-11-01T00:20", threshold_km=5, engine=engine.name)
    flybys = wide.kind == "flyby"
    close = flybys & (wide.miss_distance_km <= 5)
    assert close.sum() > 200
    wanted = set(zip(wide.norad_id_1[close], wide.norad_id_2[close], wide.tca[close], strict=True))
    assert wanted <= set(zip(narrow.norad_id_1, narrow.norad_id_2, narrow.tca, strict=True))
    pairs = set(zip(wide.norad_id_1, wide.norad_id_2, strict=True))
    assert set(zip(narrow.norad_id_1, narrow.norad_id_2, strict=True)) <= pairs


def test_two_halves_of_a_window_make_the_whole(sample: gpuprop.Catalog, engine: Any) -> None:
    first, second, whole = (
        gpuprop.screen(sample, begin, end, engine=engine.name)
        for begin, end in [
            (START, "2024-11-01T00:10"),
            ("2024-11-01T00:10", "2024-11-01T00:20"),
            (START, "2024-11-01T00:20"),
        ]
    )

    def uncut(encounters: gpuprop.Encounters) -> set[tuple[Any, ...]]:
        keep = encounters.kind == "flyby"
        columns = (encounters.norad_id_1, encounters.norad_id_2, encounters.tca, encounters.miss_distance_km)
        return set(zip(*(column[keep] for column in columns), strict=True))

    assert uncut(first) | uncut(second) <= uncut(whole)
    # What the border in the middle cuts is whole again in the undivided window.
    assert len(uncut(whole)) - len(uncut(first) | uncut(second)) < 10


def test_an_object_more_adds_its_own_pairs_alone(sample: gpuprop.Catalog, engine: Any) -> None:
    some = sample.select(mask=np.arange(len(sample)) % 4 == 0)
    more = sample.select(mask=(np.arange(len(sample)) % 4 == 0) | (sample.norad_id == 25544))
    alone = gpuprop.screen(some, START, TWO_HOURS, threshold_km=25, engine=engine.name)
    together = gpuprop.screen(more, START, TWO_HOURS, threshold_km=25, engine=engine.name)
    with_it = (together.norad_id_1 == 25544) | (together.norad_id_2 == 25544)
    assert with_it.any()
    assert table(together).filter(~with_it).equals(table(alone))


def test_identical_elements_make_one_row(sample: gpuprop.Catalog, engine: Any) -> None:
    """Station modules of 2024-11-01 share one element set; a copy with another id makes one more."""
    one = sample.select(ids=[5])
    twin = replace(one, norad_id=np.array([900_000_005]))
    found = gpuprop.screen(gpuprop.Catalog.concatenate([twin, one]), START, TWO_HOURS, engine=engine.name)
    assert found.norad_id_1.tolist() == [5]
    assert found.norad_id_2.tolist() == [900_000_005]
    assert found.kind.tolist() == ["identical"]
    assert (found.miss_distance_km[0], found.relative_speed_km_s[0], found.n_minima[0]) == (0.0, 0.0, 0)
    assert np.isnat(found.enter[0])
    assert np.isnat(found.exit[0])
    assert found.duration_s[0] == 7200.0
    assert found.tca[0].astype("datetime64[s]") == np.datetime64("2024-11-01T00:00:00")


def test_formation_of_terrasar_and_tandem(sample: gpuprop.Catalog, engine: Any) -> None:
    pair = sample.select(ids=[31698, 36605])
    found = gpuprop.screen(pair, START, "2024-11-02", threshold_km=5, engine=engine.name)
    assert found.kind.tolist() == ["co-orbital"]
    # Two minima or so in each of some 15 revolutions
    assert 15 <= found.n_minima[0] <= 45
    assert found.duration_s[0] == 86400.0


def test_window_edge_cuts_an_encounter(sample: gpuprop.Catalog, engine: Any) -> None:
    whole = gpuprop.screen(sample, START, "2024-11-01T00:10", engine=engine.name)
    row = np.flatnonzero((whole.kind == "flyby") & (whole.duration_s > 0.5))[0]
    ids = [whole.norad_id_1[row], whole.norad_id_2[row]]
    tca = whole.tca[row].astype("datetime64[ns]")
    later = gpuprop.screen(
        sample.select(ids=ids), tca + np.timedelta64(100, "ms"), "2024-11-01T00:10", engine=engine.name
    )
    assert later.kind[0] == "cut by window"
    assert np.isnat(later.enter[0])
    assert abs(later.exit[0] - whole.exit[row]) < np.timedelta64(1, "us")
    assert later.n_minima[0] == 0
    assert later.tca[0].astype("datetime64[ns]") == tca + np.timedelta64(100, "ms")


def test_failure_cuts_an_encounter(sample: gpuprop.Catalog, engine: Any) -> None:
    """87942 decays by the model 23 days after its epoch; a companion 1 km behind stays."""
    failing = sample.select(ids=[87942])
    nominal = gpuprop.propagate_since_epoch(failing, np.arange(0, 40_000, 2.0), velocity=False)
    minute = 2.0 * np.argmax(nominal.status[0] != 0)
    assert minute > 1000
    epoch = failing.epoch_utc[0]
    # The companion has no drag from here on: it does not fall.
    lasting = replace(failing, norad_id=np.array([900_087_942]), bstar=failing.bstar * 0.999)
    both = gpuprop.Catalog.concatenate([failing, lasting])
    fails = epoch + np.timedelta64(int(minute * 60), "s")
    start, stop = fails - np.timedelta64(20, "m"), fails + np.timedelta64(10, "m")
    found = gpuprop.screen(both, start, stop, threshold_km=500, engine=engine.name)
    assert found.kind.tolist() == ["cut by error"]
    assert np.isnat(found.exit[0])
    report = {failed.norad_id: failed for failed in found.report}
    failed_at = report[87942].first_failed_time
    assert abs(failed_at - fails) <= np.timedelta64(2, "m")
    states = gpuprop.propagate(failing, [failed_at - np.timedelta64(1, "ns"), failed_at], engine=engine.name)
    assert states.status[0, 0] == 0
    assert states.status[0, 1] == report[87942].status > 0


@pytest.mark.parametrize(
    ("file", "start", "tca", "miss_km", "speed_km_s"),
    [
        # Collision of 2009-02-10; what these element sets give
        ("iridium33_cosmos2251_20090210.tle", "2009-02-10T12:00", "2009-02-10T16:55:59.796", 0.698, 11.647),
        # The sixth of the published passes of 1996-07-24
        ("cerise_ariane_19960724.tle", "1996-07-24T09:30", "1996-07-24T09:48:02.503", 0.895, 14.769),
    ],
)
def test_collisions_of_the_past(
    file: str, start: str, tca: str, miss_km: float, speed_km_s: float, engine: Any
) -> None:
    catalog = gpuprop.Catalog.read(DATA / file)
    begin = np.datetime64(start, "ns")
    found = gpuprop.screen(catalog, begin, begin + np.timedelta64(6, "h"), engine=engine.name)
    off = np.abs(found.tca.astype("datetime64[ns]") - np.datetime64(tca, "ns"))
    row = off.argmin()
    assert off[row] < np.timedelta64(1, "ms")
    assert found.miss_distance_km[row] == pytest.approx(miss_km, abs=1e-3)
    assert found.relative_speed_km_s[row] == pytest.approx(speed_km_s, abs=1e-3)


def test_progress_is_told_to_the_end(stations: gpuprop.Catalog, engine: Any) -> None:
    told: list[tuple[int, int]] = []
    gpuprop.screen(
        stations, START, "2024-11-02", step_s=60, engine=engine.name, progress=lambda *now: told.append(now)
    )
    assert told == sorted(told)
    assert told[-1] == (1440, 1440)


def test_threads_change_nothing(sample: gpuprop.Catalog) -> None:
    results = []
    for threads in (1, 3):
        gpuprop.set_num_threads(threads)
        try:
            results.append(table(gpuprop.screen(sample, START, "2024-11-01T00:40")))
        finally:
            gpuprop.set_num_threads(None)
    assert results[0].equals(results[1])
