"""Proximity episodes in the geosynchronous belt against a direct fine-grid computation with python-sgp4.

    python validation/proximity.py CATALOG... [--days 3] [--range 200] [--speed 10] [--dwell 1]

For each catalog, all geosynchronous objects are watched, and those of inclination above 20 degrees (like
QZSS and BeiDou IGSO) on their own at twice the speed and a quarter of the dwell. The direct computation
knows nothing of the sieve: an episode holds two instants of a grid of half its dwell, so every pair
within range at one of these is followed over the whole window at steps of 30 s by python-sgp4,
and the ends of its episodes are bisected. Pairs, dwell times, ranges and mean relative speeds have to
agree, the ranges within what they change by between steps. Prints the tables, exits with 0 or 1.
"""

from __future__ import annotations

import argparse
import sys
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sgp4.api import SatrecArray

import gpuprop

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

DAY_S = 86_400.0
STEP_S = 30.0
JD_1970 = 2_440_587.5
TOLERANCE = {"dwell s": 1e-3, "range km": 5e-4, "speed m/s": 1e-5}


class Rule(NamedTuple):
    """An episode: km, km/s, s, and the length of the window, s."""

    range_km: float
    speed_km_s: float
    dwell_s: float
    window_s: float


class Direct:
    """States by python-sgp4, seconds after the start of the window."""

    def __init__(self, catalog: gpuprop.Catalog, start: np.datetime64) -> None:
        self.satellites = catalog.to_satrecs()
        self.days = np.floor(start.astype(np.int64) / 86_400e9)
        self.fraction = (start.astype(np.int64) - self.days * 86_400e9) / 86_400e9

    def states(self, rows: Any, seconds: Floats) -> tuple[Floats, Floats]:
        satellites = SatrecArray([self.satellites[row] for row in rows])
        jd = np.full(len(seconds), JD_1970 + self.days)
        error, r, v = satellites.sgp4(jd, self.fraction + seconds / DAY_S)
        r[error != 0] = np.nan
        return r, v

    def apart(self, pair: tuple[int, int], second: float) -> tuple[float, float]:
        """Range and relative speed of a pair."""
        r, v = self.states(pair, np.array([second]))
        return float(np.linalg.norm(r[1, 0] - r[0, 0])), float(np.linalg.norm(v[1, 0] - v[0, 0]))


def candidates(direct: Direct, n: int, assets: NDArray[np.bool_], rule: Rule) -> list[tuple[int, int]]:
    """Pairs with an asset that are within range at an instant of the coarse grid."""
    found: set[tuple[int, int]] = set()
    r, _ = direct.states(range(n), np.arange(0.0, rule.window_s + 1.0, 0.5 * rule.dwell_s))
    for positions in r.transpose(1, 0, 2):
        for row in np.flatnonzero(assets):
            near = np.flatnonzero(np.linalg.norm(positions - positions[row], axis=1) < rule.range_km)
            found |= {(min(row, other), max(row, other)) for other in near.tolist() if other != row}
    return sorted((int(a), int(b)) for a, b in found)


def episodes(direct: Direct, pairs: list[tuple[int, int]], rule: Rule) -> dict[tuple[int, int], list[Floats]]:
    """Dwell, least and greatest range, mean speed of every episode of each pair, by brute force."""
    seconds = np.arange(0.0, rule.window_s + 1e-6, STEP_S)
    states: dict[int, tuple[Floats, Floats]] = {}
    last_use = {row: k for k, pair in enumerate(pairs) for row in pair}
    found: dict[tuple[int, int], list[Floats]] = {}
    for k, pair in enumerate(pairs):
        for row in pair:
            if row not in states:
                r, v = direct.states([row], seconds)
                states[row] = r[0], v[0]
        (r1, v1), (r2, v2) = states[pair[0]], states[pair[1]]
        range_km, speed = np.linalg.norm(r2 - r1, axis=1), np.linalg.norm(v2 - v1, axis=1)
        inside = (range_km < rule.range_km) & (speed < rule.speed_km_s)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(int)))
        for begin, end in edges.reshape(-1, 2).tolist():
            enter = border(direct, pair, seconds, begin, -1, rule)
            leave = border(direct, pair, seconds, end - 1, 1, rule)
            if leave - enter >= rule.dwell_s:
                ends = np.array([direct.apart(pair, enter), direct.apart(pair, leave)])
                ranges = np.append(range_km[begin:end], ends[:, 0])
                times = np.concatenate([[enter], seconds[begin:end], [leave]])
                speeds = np.concatenate([ends[:1, 1], speed[begin:end], ends[1:, 1]])
                mean = np.trapezoid(speeds, times) / (leave - enter)
                found.setdefault(pair, []).append(np.array([leave - enter, ranges.min(), ranges.max(), mean]))
        for row in pair:
            if last_use[row] == k:
                del states[row]
    return found


def border(direct: Direct, pair: tuple[int, int], seconds: Floats, at: int, step: int, rule: Rule) -> float:
    """Bisect for the end of an episode between a sample inside and the next one, or take the window's."""
    if not 0 <= at + step < len(seconds):
        return float(seconds[at])
    inside, outside = float(seconds[at]), float(seconds[at + step])
    while abs(outside - inside) > 1e-4:
        middle = 0.5 * (inside + outside)
        range_km, speed = direct.apart(pair, middle)
        if range_km < rule.range_km and speed < rule.speed_km_s:
            inside = middle
        else:
            outside = middle
    return inside


def compare(title: str, catalog: gpuprop.Catalog, assets: NDArray[np.bool_], start: Any, rule: Rule) -> bool:
    began = perf_counter()
    found = gpuprop.watch(
        catalog,
        start,
        start + np.timedelta64(round(rule.window_s), "s"),
        assets=assets,
        range_km=rule.range_km,
        relative_speed_km_s=rule.speed_km_s,
        dwell_s=rule.dwell_s,
    )
    took, began = perf_counter() - began, perf_counter()
    direct = Direct(catalog, start)
    pairs = candidates(direct, len(catalog), assets, rule)
    expected = episodes(direct, pairs, rule)
    row_of = {number: row for row, number in enumerate(catalog.norad_id.tolist())}
    rows: dict[tuple[int, int], list[int]] = {}
    for k, (a, b) in enumerate(zip(found.norad_id_1.tolist(), found.norad_id_2.tolist(), strict=True)):
        first, second = sorted((row_of[a], row_of[b]))
        rows.setdefault((first, second), []).append(k)
    worst = dict.fromkeys(TOLERANCE, 0.0)
    agree = {pair: len(part) for pair, part in rows.items()} == {p: len(part) for p, part in expected.items()}
    for pair in rows.keys() & expected.keys():
        for k, (dwell, least, greatest, speed) in zip(rows[pair], expected[pair], strict=False):
            worst["dwell s"] = max(worst["dwell s"], abs(found.dwell_s[k] - dwell))
            off = max(least - found.range_min_km[k], found.range_max_km[k] - greatest)
            worst["range km"] = max(worst["range km"], abs(off))
            off = abs(found.relative_speed_mean_km_s[k] - speed) * 1e3
            worst["speed m/s"] = max(worst["speed m/s"], off)
    agree &= all(worst[name] <= limit for name, limit in TOLERANCE.items())
    print(f"\n{title}: {int(assets.sum())} assets among {len(catalog):,} objects, from {start}")
    print(f"  watch   {len(found)} episodes of {len(rows)} pairs in {took:.1f} s")
    print(
        f"  direct  {sum(map(len, expected.values()))} episodes of {len(expected)} pairs "
        f"in {perf_counter() - began:.1f} s, from {len(pairs)} candidates"
    )
    print(f"  never within 5 km: {int((found.range_min_km > 5.0).sum())}")
    print("  largest differences: " + ", ".join(f"{name} {value:.1e}" for name, value in worst.items()))
    print(f"  {'agree' if agree else 'DO NOT AGREE'}")
    show(found)
    return agree


def show(found: gpuprop.ProximityEpisodes) -> None:
    print("  | asset | neighbour | dwell h | range min, mean, max km | mean m/s | km/day | trend | kind |")
    print("  |" + "---|" * 8)
    for k in np.argsort(found.range_mean_km)[:12]:
        ranges = " / ".join(f"{found[f'range_{what}_km'][k]:.1f}" for what in ("min", "mean", "max"))
        names = [f"{found[f'norad_id_{n}'][k]} {found[f'name_{n}'][k]}".strip() for n in (1, 2)]
        print(
            f"  | {names[0]} | {names[1]} | {found.dwell_s[k] / 3600:.2f} | {ranges} "
            f"| {found.relative_speed_mean_km_s[k] * 1e3:.2f} | {found.range_rate_km_day[k]:+.1f} "
            f"| {found.trend[k]} | {found.kind[k]} |"
        )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("catalogs", nargs="+")
    parser.add_argument("--days", type=float, default=3.0)
    parser.add_argument("--range", type=float, default=200.0, help="km")
    parser.add_argument("--speed", type=float, default=10.0, help="m/s")
    parser.add_argument("--dwell", type=float, default=1.0, help="days")
    asked = parser.parse_args()
    rule = Rule(asked.range, asked.speed / 1e3, asked.dwell * DAY_S, asked.days * DAY_S)
    good = True
    for path in asked.catalogs:
        catalog = gpuprop.Catalog.read(path)
        start = np.sort(catalog.epoch)[-len(catalog) // 20].astype("datetime64[ns]").astype("datetime64[D]")
        start = start.astype("datetime64[ns]")
        synchronous = (np.abs(catalog.mean_motion - 1.0027) < 0.03) & (catalog.eccentricity < 0.3)
        belt = catalog.select(mask=synchronous)
        everyone = np.ones(len(belt), bool)
        good &= compare(f"{path}: geosynchronous belt", belt, everyone, start, rule)
        deep = catalog.select(mask=catalog.mean_motion < 1.5)
        inclined = (np.abs(deep.mean_motion - 1.0027) < 0.03) & (deep.inclination > 20.0)
        wider = rule._replace(speed_km_s=2.0 * rule.speed_km_s, dwell_s=0.25 * rule.dwell_s)
        good &= compare(f"{path}: inclined geosynchronous orbits", deep, inclined, start, wider)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
