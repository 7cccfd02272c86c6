"""What a table of proximity episodes says of each: dwell, statistics, track, trend, kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gpuprop.engines.cpu.constants import MU
from gpuprop.proximity_table import KINDS, TRENDS
from gpuprop.screening import tracks

if TYPE_CHECKING:
    from gpuprop.catalog import Catalog
    from gpuprop.screening.refine import Floats, Ints, Pairs
    from gpuprop.screening.tracks import Runs, Samples

DOCKED_KM = 0.1
STEADY = 0.5
# 0.02 degrees of longitude: what crosses a box of 0.1 degrees to either side in ten days
STATION_KM_DAY = 15.0
GEO_KM, GEO_WIDTH_KM, GEO_ECCENTRICITY = 42_164.17, 200.0, 0.01
_DAY_S = 86_400.0


class Motion(NamedTuple):
    """Relative motion at samples: position in the asset's RIC frame, km, and speed, km/s."""

    ric: Floats  # (n, 3)
    speed: Floats  # (n,)

    @classmethod
    def of(cls, pairs: Pairs, samples: Samples) -> Motion:
        """Ask for it at samples of pairs."""
        return cls(*tracks.relative_motion(pairs.take(samples.pair), samples.time_ns))


class Track(NamedTuple):
    """Samples of one episode, its ends included."""

    time_ns: Ints
    ric: Floats
    speed: Floats
    range: Floats


def tracks_of(pairs: Pairs, runs: Runs, samples: Samples, motion: Motion) -> list[Track]:
    """Cut the samples of pairs, all of them within the range, into one track for each run."""
    n = len(runs.pair)
    ends_ns = np.concatenate([runs.enter_ns, runs.exit_ns])
    ends = Motion.of(pairs.take(runs.pair), tracks.Samples(np.tile(np.arange(n), 2), ends_ns))
    found = []
    for k, (begin, end) in enumerate(np.searchsorted(samples.pair, [runs.pair, runs.pair + 1]).T.tolist()):
        inner = samples.time_ns[begin:end]
        low = begin + int(np.searchsorted(inner, runs.enter_ns[k], "right"))
        high = begin + int(np.searchsorted(inner, runs.exit_ns[k], "left"))
        time_ns, ric, speed = (
            np.concatenate([of_ends[[k]], of_samples[low:high], of_ends[[k + n]]])
            for of_ends, of_samples in (
                (ends_ns, samples.time_ns),
                (ends.ric, motion.ric),
                (ends.speed, motion.speed),
            )
        )
        found.append(Track(time_ns, ric, speed, np.linalg.norm(ric, axis=1)))
    return found


def columns(pairs: Pairs, episodes: list[Track], catalog: Catalog, a_km: Floats) -> dict[str, Any]:
    """Make the columns of episodes, `pairs` being theirs, with rows of the catalog in place of objects."""
    row_1, row_2 = pairs.row_1, pairs.row_2
    period_s = 2.0 * np.pi * np.sqrt(a_km[row_1] ** 3 / MU)
    result: dict[str, Any] = {"row_1": row_1, "row_2": row_2}
    result["dwell_s"] = _each((track.time_ns[-1] - track.time_ns[0]) / 1e9 for track in episodes)
    tca = _add_statistics(result, pairs, episodes)
    rate = _each(map(_range_rate, episodes, period_s))
    minima = [len(tracks.lows(track.range)) for track in episodes]
    spread = result["range_max_km"] - result["range_min_km"]
    steady = np.abs(rate) * result["dwell_s"] / _DAY_S <= STEADY * spread
    keeps_station = steady | (np.abs(rate) <= STATION_KM_DAY)
    geo = _near_geo(catalog, a_km, row_1) & _near_geo(catalog, a_km, row_2)
    short = result["dwell_s"] < period_s
    kinds = {
        "docked": result["range_max_km"] <= DOCKED_KM,
        "visit": short,
        "shadowing in GEO": geo & keeps_station,
        "formation": steady,
    }
    return result | {
        "tca": tca,
        "range_rate_km_day": rate,
        "trend": _numbered(TRENDS, {"steady": steady, "approach": rate < 0.0}, "departure"),
        "n_minima": np.array(minima, np.int32),
        "kind": _numbered(KINDS, kinds, "co-orbital drift"),
    }


def _numbered(words: tuple[str, ...], rules: dict[str, Any], otherwise: str) -> Ints:
    """Return the number in `words` of the first rule that applies."""
    return np.select(list(rules.values()), [words.index(word) for word in rules], words.index(otherwise))


def _near_geo(catalog: Catalog, a_km: Floats, rows: Ints) -> Any:
    near = np.abs(a_km[rows] - GEO_KM) <= GEO_WIDTH_KM
    return near & (catalog.eccentricity[rows] < GEO_ECCENTRICITY)


def _add_statistics(result: dict[str, Any], pairs: Pairs, episodes: list[Track]) -> Ints:
    """Add least value, mean over time and greatest; return the instant of the least range."""
    for name, unit, quantity, values in (
        ("range", "km", tracks.range2, [track.range for track in episodes]),
        ("relative_speed", "km_s", tracks.speed2, [track.speed for track in episodes]),
    ):
        for what, sign in (("max", -1.0), ("min", 1.0)):
            instant, value = _extremum(pairs, episodes, values, quantity, sign)
            result[f"{name}_{what}_{unit}"] = value
            if (name, what) == ("range", "min"):
                tca = instant
        result[f"{name}_mean_{unit}"] = _each(map(_mean, episodes, values))
    for k, axis in enumerate(("radial", "in_track", "cross_track")):
        parts = [track.ric[:, k] for track in episodes]
        result[f"{axis}_min_km"] = _each(part.min() for part in parts)
        result[f"{axis}_mean_km"] = _each(map(_mean, episodes, parts))
        result[f"{axis}_max_km"] = _each(part.max() for part in parts)
    return tca


def _extremum(
    pairs: Pairs, episodes: list[Track], values: list[Floats], quantity: tracks.Quantity, sign: float
) -> tuple[Ints, Floats]:
    """Instant and value of the extremum of each episode: of the lowest sample, or next to it."""
    at = [int(np.argmin(sign * part)) for part in values]
    around = [
        track.time_ns[[max(k - 1, 0), k, min(k + 1, len(track.time_ns) - 1)]]
        for track, k in zip(episodes, at, strict=True)
    ]
    left_ns, here_ns, right_ns = np.array(around, np.int64).reshape(-1, 3).T
    here = _each(part[k] for part, k in zip(values, at, strict=True))
    found_ns = tracks.lowest(pairs, quantity, left_ns, right_ns, sign=sign)
    found = np.sqrt(quantity(pairs, found_ns))
    better = sign * found < sign * here
    return np.where(better, found_ns, here_ns), np.where(better, found, here)


def _each(values: Any) -> Floats:
    return np.array(list(values), np.float64)


def _mean(track: Track, values: Floats) -> float:
    """Mean over time."""
    span = track.time_ns[-1] - track.time_ns[0]
    return float(np.trapezoid(values, track.time_ns - track.time_ns[0]) / span) if span else float(values[0])


def _range_rate(track: Track, period_s: float) -> float:
    """Change of the range in a day, over whole revolutions where there are two at least."""
    time_s = (track.time_ns - track.time_ns[0]) / 1e9
    length = time_s[-1]
    if length >= 2.0 * period_s:
        steps = 0.5 * (track.range[1:] + track.range[:-1]) * np.diff(time_s)
        total = np.append(0.0, np.cumsum(steps))
        first, last = np.interp([period_s, length - period_s], time_s, total)
        change, length = (total[-1] - last - first) / period_s, length - period_s
    else:
        change = track.range[-1] - track.range[0]
    return float(change / length * _DAY_S) if length else 0.0
