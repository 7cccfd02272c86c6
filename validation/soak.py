"""Screens again and again in one process: memory must not grow, results must not change.

    python validation/soak.py [--minutes 60] [--hours 3]

The bundled catalog is screened with three settings in turn, each result hashed. After each screening the
resident memory is noted, without what the allocators keep for later. Its median in the last tenth of the time
must not be more than 1 % above that in the second tenth. "Held" is the same with what they keep.
Prints a table and exits with 1 if memory grew or a hash changed.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import hashlib
import sys
from pathlib import Path
from statistics import median
from time import monotonic

import numpy as np
import pyarrow as pa

import gpuprop

START = np.datetime64("2024-11-01", "ns")
SETTINGS = ({"threshold_km": 5.0}, {"threshold_km": 5.0, "step_s": 60.0}, {"threshold_km": 20.0})


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--hours", type=float, default=3.0, help="window of one screening")
    options = parser.parse_args()
    catalog = gpuprop.Catalog.sample()
    stop = START + np.timedelta64(round(options.hours * 3600), "s")
    hashes: list[set[str]] = [set() for _ in SETTINGS]
    memory: list[tuple[float, float, float]] = []
    began = shown = monotonic()
    while monotonic() - began < 60.0 * options.minutes:
        which = len(memory) % len(SETTINGS)
        hashes[which].add(digest(gpuprop.screen(catalog, START, stop, **SETTINGS[which])))
        memory.append((monotonic() - began, resident_mb(), without_reserves_mb()))
        if monotonic() - shown > 300.0:
            shown = monotonic()
            print(
                f"{(shown - began) / 60:5.1f} min  {len(memory):5} screens  "
                f"{memory[-1][2]:.1f} MB, {memory[-1][1]:.1f} held",
                flush=True,
            )
    return verdict(memory, hashes)


def verdict(memory: list[tuple[float, float, float]], hashes: list[set[str]]) -> int:
    """Print the table and tell whether all of it holds."""
    total = memory[-1][0]
    early = [noted for noted in memory if 0.1 * total <= noted[0] < 0.2 * total]
    late = [noted for noted in memory if noted[0] >= 0.9 * total]
    _, held, used = (
        [median(column) for column in columns]
        for columns in zip(zip(*early, strict=True), zip(*late, strict=True), strict=True)
    )
    growth = used[1] / used[0] - 1.0
    steady = all(len(found) == 1 for found in hashes) and hashes[0] == hashes[1]
    print(
        "| minutes | screens | MB after a tenth | MB at the end | growth | held, MB | hashes per setting |\n"
        + "|---" * 7
        + "|"
    )
    print(
        f"| {total / 60:.1f} | {len(memory)} | {used[0]:.1f} | {used[1]:.1f} | {growth:+.2%} "
        f"| {held[0]:.1f}, {held[1]:.1f} | {', '.join(str(len(found)) for found in hashes)} |"
    )
    return 0 if steady and growth < 0.01 else 1


def digest(found: gpuprop.Encounters) -> str:
    """Return the hash of all rows; parameters, which name the step, are left out."""
    table = found.to_arrow().replace_schema_metadata(None)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return hashlib.sha256(sink.getvalue()).hexdigest()


def resident_mb() -> float:
    """Return the resident memory, MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def without_reserves_mb() -> float:
    """Return the resident memory, MB, after allocators have given back what they keep for later."""
    gc.collect()
    pa.default_memory_pool().release_unused()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)
    return resident_mb()


if __name__ == "__main__":
    sys.exit(main())
