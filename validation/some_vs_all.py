"""Few primaries against the whole bundled catalog for a day: same rows as all against all, and what it costs.

    python validation/some_vs_all.py [--threshold-km 5] [--primaries 10]

For primaries of every orbit class, the rows have to be those of the full screening in which a primary
takes part, bit for bit, and so does the report; and ten primaries have to cost at least 20 times less.
Times are the best of three. Exits with 1 if any of this does not hold.
"""

from __future__ import annotations

import argparse
import sys
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

import gpuprop

if TYPE_CHECKING:
    from collections.abc import Callable

START, STOP = "2024-11-01T00:00Z", "2024-11-02T00:00Z"
WANTED_RATIO = 20.0


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threshold-km", type=float, default=5.0)
    parser.add_argument("--primaries", type=int, default=10)
    parser.add_argument("--engine", default="cpu")
    options = parser.parse_args()
    catalog = gpuprop.Catalog.sample()
    arguments = {"threshold_km": options.threshold_km, "engine": options.engine}

    def screen(**chosen: Any) -> gpuprop.Encounters:
        return gpuprop.screen(catalog, START, STOP, **arguments, **chosen)

    gpuprop.screen(catalog, START, "2024-11-01T00:30Z", **arguments)
    whole, all_s = best(screen)
    print(f"{len(catalog):,} objects, all against all: {len(whole):,} rows in {all_s:.3f} s")
    print("| primaries | seconds | ratio | rows | same rows | same report |\n|" + "---|" * 6)
    good = True
    for name, ids in sets(catalog, options.primaries).items():
        screen(primaries=ids)
        found, some_s = best(lambda ids=ids: screen(primaries=ids))
        keep = np.isin(whole.norad_id_1, ids) | np.isin(whole.norad_id_2, ids)
        same = rows(found).equals(rows(whole).filter(keep))
        report = found.report == whole.report
        print(
            f"| {len(ids)} {name} | {some_s:.3f} | {all_s / some_s:.0f} | {len(found)} | {same} | {report} |"
        )
        good &= same and report and (len(ids) > 10 or all_s / some_s >= WANTED_RATIO)
    return 0 if good else 1


def sets(catalog: gpuprop.Catalog, n: int) -> dict[str, Any]:
    rng = np.random.default_rng(5)
    chosen = {"random": rng.choice(catalog.norad_id, n, replace=False)}
    chosen["random again"] = rng.choice(catalog.norad_id, n, replace=False)
    for kind in ("LEO", "MEO", "GEO", "HEO", "other"):
        chosen[kind] = rng.choice(catalog.norad_id[catalog.orbit_class == kind], n, replace=False)
    chosen["Starlink"] = catalog.norad_id[np.char.startswith(catalog.name, "STARLINK")][:n]
    chosen["random, many"] = rng.choice(catalog.norad_id, 20 * n, replace=False)
    chosen["all LEO"] = catalog.norad_id[catalog.orbit_class == "LEO"]
    return chosen


def best(run: Callable[[], gpuprop.Encounters]) -> tuple[gpuprop.Encounters, float]:
    times = []
    for _ in range(3):
        began = perf_counter()
        found = run()
        times.append(perf_counter() - began)
    return found, min(times)


def rows(encounters: gpuprop.Encounters) -> Any:
    return encounters.to_arrow().replace_schema_metadata(None)


if __name__ == "__main__":
    sys.exit(main())
