"""Speed and error of gpuprop beside other SGP4 packages, on the same catalog, in one run.

    python validation/peers.py CATALOG.tle.gz --output peers.json
    python validation/peers.py --screen-hours 24

The first form times propagation of the two-line element sets in the file, the second
screening of the sample catalog. For each number of cores one process is held to that many
CPUs; in it the packages take turns, round by round, so that a slow minute of the machine
falls on all of them. Speeds are medians. Needs the extra `peers`.

Errors are differences from python-sgp4 in its default mode at 12 of the times; states lacking are those
that python-sgp4 has and the package does not. Pairs missed are those that another package finds at least
10 m below the threshold, at a minimum of the distance, and this one lacks at any distance.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from peers_calls import Case

GRIDS = {"near": (200, 1.0), "deep": (500, 1.0), "mixed": (100, 1.0), "one": (1_000_000, 10.0)}  # times, days
BEYOND_KM = 1e6  # python-sgp4 puts some long decayed objects there and reports no error


def main() -> int:
    options = parse_arguments()
    if options.worker:
        return work(options)
    rows: list[dict[str, Any]] = []
    for cores in options.cores:
        rows += run_worker(cores)
    record = {"machine": machine(), "versions": versions(rows), "rows": rows}
    if options.output:
        Path(options.output).write_text(json.dumps(record, indent=1) + "\n")
    print_tables(record)
    if options.figure:
        from peers_figure import draw

        draw(record["rows"], options.figure)
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("catalog", nargs="?", help="two-line element sets, plain or gzip")
    parser.add_argument("--cases", nargs="+", choices=GRIDS, default=list(GRIDS))
    parser.add_argument("--cores", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", help="names of packages to run")
    parser.add_argument("--screen-hours", type=float, help="also time screening over so many hours")
    parser.add_argument("--threshold-km", type=float, default=5.0)
    parser.add_argument("--output", help="JSON file for the figures")
    parser.add_argument("--figure", type=Path, help="SVG file for a figure of speed and error")
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.catalog and not options.screen_hours:
        parser.error("give a file of two-line element sets, --screen-hours, or both")
    return options


def run_worker(cores: int) -> list[dict[str, Any]]:
    threads = {"ASTROZ_THREADS": str(cores), "GPUPROP_NUM_THREADS": str(cores)}
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "rows.json"
        command = [sys.executable, __file__, *sys.argv[1:], "--worker", str(cores), "--output", str(result)]
        subprocess.run(command, check=True, env=os.environ | threads)
        found: list[dict[str, Any]] = json.loads(result.read_text())
    return found


def work(options: argparse.Namespace) -> int:
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < options.worker:
        sys.exit(f"{options.worker} cores asked for, {len(allowed)} to be had")
    os.sched_setaffinity(0, allowed[: options.worker])
    rows = []
    if options.catalog:
        with tempfile.TemporaryDirectory() as folder:
            for name in options.cases:
                rows += time_case(make_case(name, options.catalog, Path(folder)), options)
    if options.screen_hours:
        rows += time_screening(options)
    Path(options.output).write_text(json.dumps(rows))
    return 0


def make_case(name: str, catalog: str, folder: Path) -> Case:
    import numpy as np
    from peers_calls import DAY_NS, JD_1970, Case
    from sgp4.api import Satrec

    opened = gzip.open if catalog.endswith(".gz") else open
    with opened(catalog, "rt") as file:
        text = [line.rstrip() for line in file if line[:2] in ("1 ", "2 ")]
    lines = list(zip(text[0::2], text[1::2], strict=True))
    records = [Satrec.twoline2rv(first, second) for first, second in lines]
    last_epoch = max(record.jdsatepoch + record.jdsatepochF for record in records)
    wanted = {"near": "n", "deep": "d"}.get(name)
    if name == "one":
        lines = [pair for pair, record in zip(lines, records, strict=True) if record.satnum == 25544]
    elif wanted:
        lines = [pair for pair, record in zip(lines, records, strict=True) if record.method == wanted]
    n_times, days = GRIDS[name]
    start_ns = int(last_epoch - JD_1970 + 1) * DAY_NS
    whole_seconds = np.linspace(0, days * 86_400, n_times).astype(np.int64) * 10**9
    file = folder / f"{name}.tle"
    file.write_text("".join(f"{first}\n{second}\n" for first, second in lines))
    return Case(name, file, lines, start_ns + whole_seconds)


def time_case(case: Case, options: argparse.Namespace) -> list[dict[str, Any]]:
    import numpy as np
    from peers_calls import PROPAGATORS, reference_positions

    columns = np.linspace(0, len(case.times_ns) - 1, 12).astype(np.int64)
    truth = reference_positions(case, columns)
    runs: dict[str, Callable[[], object]] = {}
    rows: dict[str, dict[str, Any]] = {}
    for name, prepare in PROPAGATORS.items():
        prepared = prepare(case) if not options.only or name in options.only else None
        if prepared is None:
            continue
        prepared.run()
        runs[name] = prepared.run
        n_objects = len(case.lines[prepared.rows])
        n_states = n_objects * len(case.times_ns)
        rows[name] = {"package": name, "case": case.name, "cores": options.worker, "states": n_states}
        rows[name] |= compare(prepared.positions()[:, columns], truth[prepared.rows])
    for name, seconds in take_turns(runs, options.rounds).items():
        rows[name] |= summarize(seconds)
        rows[name]["million_states_per_s"] = rows[name]["states"] / rows[name]["median_s"] / 1e6
    return list(rows.values())


def compare(found: Any, truth: Any) -> dict[str, Any]:
    import numpy as np

    usable = np.isfinite(truth).all(axis=-1) & (np.linalg.norm(truth, axis=-1) < BEYOND_KM)
    both = usable & np.isfinite(found).all(axis=-1)
    error_m = np.linalg.norm(found[both] - truth[both], axis=-1) * 1e3
    return {
        "max_error_m": float(error_m.max()),
        "p99_error_m": float(np.percentile(error_m, 99)),
        "states_lacking": int((usable & ~both).sum()),
        "states_compared": int(both.sum()),
    }


def take_turns(runs: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            began = perf_counter()
            run()
            seconds[name].append(perf_counter() - began)
    return seconds


def summarize(seconds: list[float]) -> dict[str, Any]:
    return {"median_s": statistics.median(seconds), "seconds": seconds, "spread": max(seconds) / min(seconds)}


def time_screening(options: argparse.Namespace) -> list[dict[str, Any]]:
    from peers_screening import prepare

    calls = prepare(options.screen_hours, options.threshold_km)
    calls = {name: call for name, call in calls.items() if not options.only or name in options.only}
    answers = {name: read(run()) for name, (run, read) in calls.items()}
    clear = set.union(*(pairs for _, _, pairs in answers.values()))
    seconds = take_turns({name: run for name, (run, _) in calls.items()}, options.rounds)
    return [
        {
            "package": name,
            "case": f"screen {options.screen_hours:g} h, {options.threshold_km:g} km",
            "cores": options.worker,
            "rows": answers[name][0],
            "pairs": len(answers[name][1]),
            "pairs_missed": len(clear - answers[name][1]),
            **summarize(seconds[name]),
        }
        for name in calls
    ]


def machine() -> dict[str, Any]:
    model = platform.processor()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), model)
    return {"cpu": model, "cores": len(os.sched_getaffinity(0)), "system": platform.platform()}


def versions(rows: list[dict[str, Any]]) -> dict[str, str]:
    from peers_calls import PACKAGES

    names = {PACKAGES.get(row["package"], row["package"]) for row in rows} | {"numpy", "numba"}
    found = {"python": platform.python_version()}
    for name in sorted(names):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed as a package"
    return found


def print_tables(record: dict[str, Any]) -> None:
    installed = ", ".join(f"{name} {text}" for name, text in record["versions"].items())
    print(f"{record['machine']['cpu']}; {installed}\n")
    propagated = [row for row in record["rows"] if "states" in row]
    screened = [row for row in record["rows"] if "pairs" in row]
    print_table(
        propagated,
        ["case", "cores", "package", "million_states_per_s", "spread", "max_error_m", "p99_error_m"]
        + ["states_lacking", "states_compared"],
    )
    print_table(
        screened,
        ["case", "cores", "package", "median_s", "spread", "rows", "pairs", "pairs_missed"],
    )


def print_table(rows: list[dict[str, Any]], names: list[str]) -> None:
    if not rows:
        return
    print("| " + " | ".join(name.replace("_", " ") for name in names) + " |")
    print("|" + "---|" * len(names))
    for row in rows:
        cells = [f"{row[name]:.3g}" if isinstance(row[name], float) else str(row[name]) for name in names]
        print("| " + " | ".join(cells) + " |")
    print()


if __name__ == "__main__":
    sys.exit(main())
