"""Time and peak memory of the readers, beside python-sgp4's and pyarrow alone, in one run.

Usage: python validation/readers.py [folder of reference data]
Every reader runs in a process of its own, best of three (one for a million rows); memory is the
most the process ever held, imports included. Exits with 1 if a reader is over its limit.
"""

from __future__ import annotations

import dataclasses
import gzip
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

# Seconds of one core, and bytes.
LIMITS = {
    "gpuprop csv-27k": (0.3, 2e9),
    "gpuprop tle-27k": (0.3, 2e9),
    "gpuprop json-30k": (1.0, 2e9),
    "gpuprop xml-30k": (3.0, 2e9),
    "gpuprop csv-1m": (10.0, 2e9),
}


def by_gpuprop(path: Path) -> int:
    from gpuprop import Catalog

    return len(Catalog.read(path))


def by_pyarrow(path: Path) -> int:
    import pyarrow.csv

    return int(pyarrow.csv.read_csv(path).num_rows)


def _satrecs(records: Any) -> int:
    from sgp4 import omm
    from sgp4.api import Satrec

    count = 0
    for fields in records:
        omm.initialize(Satrec(), fields)
        count += 1
    return count


def by_sgp4_csv(path: Path) -> int:
    from sgp4 import omm

    with path.open(newline="") as file:
        return _satrecs(omm.parse_csv(file))


def by_sgp4_csv_parse_only(path: Path) -> int:
    from sgp4 import omm

    with path.open(newline="") as file:
        return len(list(omm.parse_csv(file)))


def by_sgp4_json(path: Path) -> int:
    return _satrecs(json.loads(path.read_text()))


def by_sgp4_xml(path: Path) -> int:
    from sgp4 import omm

    with path.open() as file:
        return _satrecs(omm.parse_xml(file))


def by_sgp4_tle(path: Path) -> int:
    from sgp4.api import Satrec

    lines = path.read_text().splitlines()
    return len([Satrec.twoline2rv(*pair) for pair in zip(lines[::2], lines[1::2], strict=True)])


READERS: dict[str, Callable[[Path], int]] = {
    "gpuprop": by_gpuprop,
    "pyarrow": by_pyarrow,
    "sgp4.omm-csv": by_sgp4_csv,
    "sgp4.omm-csv-parse": by_sgp4_csv_parse_only,
    "json+sgp4.omm": by_sgp4_json,
    "sgp4.omm-xml": by_sgp4_xml,
    "sgp4-twoline2rv": by_sgp4_tle,
}
# File, and who reads it. python-sgp4 makes no object of a catalog number above 339,999.
PLAN = (
    ("csv-27k", ("gpuprop", "pyarrow", "sgp4.omm-csv")),
    ("tle-27k", ("gpuprop", "sgp4-twoline2rv")),
    ("json-30k", ("gpuprop", "json+sgp4.omm")),
    ("xml-30k", ("gpuprop", "sgp4.omm-xml")),
    ("kvn-30k", ("gpuprop",)),
    ("csv-1m", ("gpuprop", "pyarrow", "sgp4.omm-csv-parse")),
)


def measure(reader: str, path: Path, repeats: int) -> dict[str, float]:
    """Return count, best wall and processor seconds, and peak bytes, of this process."""
    best = (float("inf"), float("inf"))
    count = 0
    for _ in range(repeats):
        wall, processor = time.perf_counter(), time.process_time()
        count = READERS[reader](path)
        best = min(best, (time.perf_counter() - wall, time.process_time() - processor))
    return {"count": count, "wall": best[0], "processor": best[1], "peak": peak_bytes()}


def peak_bytes() -> float:
    """Return the most memory this process ever held; unlike ru_maxrss, without its parent's."""
    status = Path("/proc/self/status").read_text()
    return 1024.0 * int(re.search(r"VmHWM:\s*(\d+) kB", status)[1])  # type: ignore[index]  # Linux has it


def in_own_process(reader: str, path: Path, repeats: int) -> dict[str, float]:
    """Run `measure` in a fresh interpreter."""
    command = [sys.executable, __file__, "--measure", reader, str(path), str(repeats)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def make_files(folder: Path, data: Path) -> dict[str, Path]:
    """Unpack the two real catalogs, and write made-up ones of other sizes and formats."""
    from gpuprop import Catalog

    files = {}
    for name, source in (
        ("csv-27k", "celestrak-on-orbit-20241101.omm.csv.gz"),
        ("tle-27k", "space-track-20250415.tle.gz"),
    ):
        files[name] = folder / name
        files[name].write_bytes(gzip.decompress((data / "catalogs" / source).read_bytes()))
    # sgp4.omm fails on an empty designator in XML.
    made = dataclasses.replace(Catalog.synthetic(30_000), object_id=np.full(30_000, "2024-001A"))
    for kind in ("json", "xml", "kvn"):
        files[f"{kind}-30k"] = folder / f"{kind}-30k"
        made.write(files[f"{kind}-30k"], format=kind)
    files["csv-1m"] = folder / "csv-1m"
    Catalog.synthetic(1_000_000).write(files["csv-1m"], format="csv")
    return files


def main() -> int:
    """Print the table, and return 1 if a limit is broken."""
    default = os.environ.get("GPUPROP_SHARED_DATA", str(ROOT.parent / "shared" / "data"))
    data = Path(sys.argv[1] if len(sys.argv) > 1 else default)
    print(f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}")
    print(f"{'file':9} {'reader':19} {'rows':>8} {'wall s':>8} {'CPU s':>8} {'peak MB':>8}")
    broken = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, path in make_files(Path(folder), data).items():
            for reader in dict(PLAN)[name]:
                result = in_own_process(reader, path, 1 if name == "csv-1m" else 3)
                limit = LIMITS.get(f"{reader} {name}")
                within = limit is None or (result["processor"] < limit[0] and result["peak"] < limit[1])
                verdict = "" if limit is None else f"  {'within' if within else 'OVER'} {limit[0]} s"
                print(
                    f"{name:9} {reader:19} {result['count']:8.0f} {result['wall']:8.3f} "
                    f"{result['processor']:8.3f} {result['peak'] / 1e6:8.0f}{verdict}",
                    flush=True,
                )
                broken |= not within
    return broken


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(measure(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))))
    else:
        sys.exit(main())
