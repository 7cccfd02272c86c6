"""Proximity episodes against closed forms and python-sgp4."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sgp4.api import SatrecArray

import gpuprop
from gpuprop import Catalog, ProximityEpisodes
from gpuprop.errors import InputError
from gpuprop.screening import tracks

if TYPE_CHECKING:
    from pathlib import Path

START = np.datetime64("2024-11-01T00:00:00", "ns")
START_NS = int(START.astype(np.int64))
DAY, HOUR = np.timedelta64(1, "D"), np.timedelta64(1, "h")
GEO_KM, RATE = 42_164.0, 7.2921e-5
# A servicer at its client, co-located satellites of four positions, and lone ones
BELT = [26824, 44625, 28358, 46113, 37602, 43562, 39460, 43488, 29055, 31306, 32729, 40333, 37776, 41903,
        37207, 42951, 33055, 36131, 28252, 38087, 41380]  # fmt: skip
CSS = [48274, 53239, 54216]


class Oscillating:
    """Pairs whose relative speed is |offset + swing * sin(2 pi t / period)| km/s, t from START in s."""

    def __init__(self, offset: np.ndarray, swing: np.ndarray, period_s: np.ndarray) -> None:
        self.numbers = np.stack([offset, swing, period_s])

    def take(self, which: Any) -> Oscillating:
        return Oscillating(*self.numbers[:, which])

    def states(self, times_ns: np.ndarray) -> tuple[np.ndarray, ...]:
        offset, swing, period_s = self.numbers
        speed = offset + swing * np.sin(2.0 * np.pi * (times_ns - START_NS) / 1e9 / period_s)
        r1, zero = np.tile([GEO_KM, 0.0, 0.0], (len(speed), 1)), np.zeros(len(speed))
        v1 = np.tile([0.0, GEO_KM * RATE, 0.0], (len(speed), 1))
        return r1, v1, r1 + [0.0, 1.0, 0.0], v1 + np.stack([zero, speed, zero], axis=1)


def slow_runs(offset: float, swing: float, period_s: float, limit: float, seconds: float) -> Any:
    pairs: Any = Oscillating(np.array([offset]), np.array([swing]), np.array([period_s]))
    begin, end = np.array([START_NS + 3]), np.array([START_NS + round(seconds * 1e9)])
    samples = tracks.grid(begin, end, START_NS)
    _, speed = tracks.relative_motion(pairs.take(samples.pair), samples.time_ns)
    return tracks.slow_runs(pairs, samples, speed**2, limit**2)


def test_speed_below_its_limit_between_crossings() -> None:
    runs = slow_runs(0.010, 0.005, 6000.0, 0.0125, 6000.0)  # sin = 1/2 at 500 and 2500 s
    assert ((runs.enter_ns - START_NS) / 1e9).tolist() == pytest.approx([0.0, 2500.0], abs=1e-5)
    assert ((runs.exit_ns - START_NS) / 1e9).tolist() == pytest.approx([500.0, 6000.0], abs=1e-5)
    assert runs.enter_crosses.tolist() == [False, True]
    assert runs.exit_crosses.tolist() == [True, False]


@pytest.mark.parametrize(("swing", "n_runs"), [(0.005, 2), (-0.005, 1)])
def test_an_extremum_between_samples_is_not_missed(swing: float, n_runs: int) -> None:
    """The extremum is at 1505 s; half a second around it lies beyond the limit, samples are ten apart."""
    period_s, beyond_s = 6020.0, 0.5
    limit = 0.010 + swing * math.cos(2.0 * math.pi * beyond_s / period_s)
    runs = slow_runs(0.010, swing, period_s, limit, 3000.0)
    assert len(runs.pair) == n_runs
    if swing > 0.0:
        gap = [runs.exit_ns[0] - START_NS, runs.enter_ns[1] - START_NS]
    else:
        gap = [runs.enter_ns[0] - START_NS, runs.exit_ns[0] - START_NS]
    assert np.array(gap) / 1e9 == pytest.approx([1504.5, 1505.5], abs=1e-2)


@pytest.fixture(scope="module")
def belt() -> Catalog:
    return Catalog.sample().select(ids=BELT)


@pytest.fixture(scope="module")
def episodes(belt: Catalog) -> ProximityEpisodes:
    return gpuprop.watch(belt, START, START + DAY, assets=None, dwell_s=21_600.0)


def test_belt_agrees_with_python_sgp4(belt: Catalog, episodes: ProximityEpisodes) -> None:
    """Every pair, once a minute, by python-sgp4 alone."""
    seconds = np.arange(0.0, 86_400.1, 60.0)
    error, r, v = SatrecArray(belt.to_satrecs()).sgp4(np.full(len(seconds), 2460615.5), seconds / 86_400.0)
    assert not error.any()
    expected = {}
    for i in range(len(belt)):
        for j in range(i + 1, len(belt)):
            apart, speed = np.linalg.norm(r[j] - r[i], axis=1), np.linalg.norm(v[j] - v[i], axis=1)
            slow = np.concatenate([[False], (apart < 200.0) & (speed < 0.01), [False]])
            for begin, end in np.flatnonzero(np.diff(slow.astype(int))).reshape(-1, 2).tolist():
                if (end - begin) * 60.0 > 21_600.0:
                    ids = sorted((int(belt.norad_id[i]), int(belt.norad_id[j])))
                    part = slice(begin, end)
                    numbers = apart[part].min(), apart[part].max(), speed[part].min(), speed[part].max()
                    expected[tuple(ids)] = ((end - 1 - begin) * 60.0, *numbers)
    assert len(expected) > 8
    found = list(zip(episodes.norad_id_1.tolist(), episodes.norad_id_2.tolist(), strict=True))
    assert set(found) == set(expected)
    for row, pair in enumerate(found):
        dwell, least, greatest, slowest, fastest = expected[pair]
        assert dwell - 1e-6 <= episodes.dwell_s[row] <= dwell + 120.0
        # A minute of relative motion at 10 m/s is 0.6 km at most
        assert least - 0.6 <= episodes.range_min_km[row] <= least + 1e-5
        assert greatest - 1e-5 <= episodes.range_max_km[row] <= greatest + 0.6
        assert episodes.relative_speed_min_km_s[row] <= slowest + 1e-8
        assert episodes.relative_speed_max_km_s[row] >= fastest - 1e-8


def test_means_lie_between_extremes_and_tracks_within_ranges(episodes: ProximityEpisodes) -> None:
    for name, unit in (("range", "km"), ("relative_speed", "km_s"), ("radial", "km"), ("in_track", "km")):
        least, mean, most = (episodes[f"{name}_{what}_{unit}"] for what in ("min", "mean", "max"))
        assert (least <= mean).all()
        assert (mean <= most).all()
    for axis in ("radial", "in_track", "cross_track"):
        assert (np.abs(episodes[f"{axis}_min_km"]) <= episodes.range_max_km + 1e-9).all()
    assert set(episodes.kind) <= {"shadowing in GEO", "visit"}


def test_every_episode_lies_in_an_encounter(belt: Catalog, episodes: ProximityEpisodes) -> None:
    encounters = gpuprop.screen(belt, START, START + DAY, threshold_km=200.0)
    within = {
        (a, b): d
        for a, b, d in zip(
            encounters.norad_id_1.tolist(), encounters.norad_id_2.tolist(), encounters.duration_s, strict=True
        )
    }
    for a, b, dwell in zip(
        episodes.norad_id_1.tolist(), episodes.norad_id_2.tolist(), episodes.dwell_s, strict=True
    ):
        assert within[a, b] >= dwell - 1e-6


def test_some_assets_give_the_same_rows_with_the_asset_first(
    belt: Catalog, episodes: ProximityEpisodes
) -> None:
    servicers = [44625, 46113]
    found = gpuprop.watch(belt, START, START + DAY, assets=servicers, dwell_s=21_600.0)
    assert set(found.norad_id_1.tolist()) == set(servicers)
    touched = np.isin(episodes.norad_id_1, servicers) | np.isin(episodes.norad_id_2, servicers)
    assert sorted(found.dwell_s.tolist()) == sorted(episodes.dwell_s[touched].tolist())
    assert sorted(found.range_min_km.tolist()) == pytest.approx(
        sorted(episodes.range_min_km[touched].tolist())
    )
    row = found.norad_id_1.tolist().index(44625)
    same = episodes.norad_id_2.tolist().index(44625)
    # Seen from the other side, the neighbour is ahead by what the asset was behind
    assert found.in_track_mean_km[row] == pytest.approx(-episodes.in_track_mean_km[same], rel=1e-3)


def test_two_objects_on_one_circle() -> None:
    """Range 2 a sin(phase / 2), relative speed n times that; J2 and drag bring less than one percent."""
    columns: dict[str, Any] = {
        "norad_id": np.array([7, 8]),
        "epoch": np.array([START_NS, START_NS]),
        "mean_motion": np.full(2, 14.0),
        "eccentricity": np.full(2, 1e-6),
        "inclination": np.full(2, 60.0),
        "ra_of_asc_node": np.zeros(2),
        "arg_of_pericenter": np.zeros(2),
        "mean_anomaly": np.array([10.0, 10.1]),
        "bstar": np.zeros(2),
    }
    catalog = Catalog.from_arrays(**columns)
    found = gpuprop.watch(
        catalog, START, START + HOUR * 12, assets=[7], range_km=20.0, relative_speed_km_s=0.02, dwell_s=3600.0
    )
    a_km = (398_600.8 / (14.0 * 2.0 * math.pi / 86_400.0) ** 2) ** (1.0 / 3.0)
    apart = 2.0 * a_km * math.sin(math.radians(0.05))
    assert found.dwell_s.tolist() == [43_200.0]
    assert found.kind.tolist() == ["formation"]
    assert found.trend.tolist() == ["steady"]
    assert found.range_mean_km[0] == pytest.approx(apart, rel=0.01)
    assert found.in_track_mean_km[0] == pytest.approx(apart, rel=0.01)
    assert found.relative_speed_mean_km_s[0] == pytest.approx(
        apart * 14.0 * 2.0 * math.pi / 86_400.0, rel=0.01
    )
    assert np.isnat(found.enter).all()
    assert np.isnat(found.exit).all()


def test_docked_objects() -> None:
    catalog = Catalog.sample().select(ids=CSS)
    found = gpuprop.watch(catalog, START, START + HOUR * 3, assets=CSS[:1], range_km=5.0, dwell_s=3600.0)
    assert found.norad_id_2.tolist() == CSS[1:]
    assert found.kind.tolist() == ["docked", "docked"]
    assert found.trend.tolist() == ["steady", "steady"]
    assert found.range_max_km.tolist() == [0.0, 0.0]


def test_what_is_too_short_or_too_fast_is_left_out(belt: Catalog, episodes: ProximityEpisodes) -> None:
    cut = float(np.median(episodes.dwell_s))
    longer = gpuprop.watch(belt, START, START + DAY, assets=None, dwell_s=cut)
    assert len(longer) == (episodes.dwell_s >= cut).sum()
    slower = gpuprop.watch(belt, START, START + DAY, assets=None, dwell_s=21_600.0, relative_speed_km_s=0.002)
    assert (slower.relative_speed_max_km_s <= 0.002 * (1.0 + 1e-9)).all()
    assert 0 < len(slower) < len(episodes)


def test_tables_survive_files(episodes: ProximityEpisodes, tmp_path: Path) -> None:
    episodes.to_parquet(tmp_path / "episodes.parquet")
    assert ProximityEpisodes.read(tmp_path / "episodes.parquet") == episodes
    episodes.to_csv(tmp_path / "episodes.csv")
    read = ProximityEpisodes.read(tmp_path / "episodes.csv")
    assert read.to_arrow().equals(episodes.to_arrow())
    with pytest.raises(InputError, match="not a table of encounters"):
        gpuprop.Encounters.read(tmp_path / "episodes.csv")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"assets": [99999]}, "assets: not in the catalog: 99999"),
        ({"dwell_s": 1e6}, "dwell_s is 1e\\+06, longer than the window"),
        ({"dwell_s": -1.0}, "dwell_s is -1"),
        ({"relative_speed_km_s": 0.0}, "relative_speed_km_s is 0"),
        ({"range_km": 5000.0}, "range_km is 5000"),
    ],
)
def test_what_cannot_be_used_is_refused(belt: Catalog, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        gpuprop.watch(belt, START, START + DAY, **{"assets": [44625], **options})
