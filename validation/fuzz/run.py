"""Fuzz readers for a number of executions each, and print how it went.

Usage: python validation/fuzz/run.py [--runs 1000000] [--folder FOLDER] [readers ...]
With a folder, a run that was interrupted goes on where it was: inputs and counts are kept there.
Exits with 1 if a reader crashed or broke an assertion. The input that did it stays in the folder named.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

READERS = ("tle", "csv", "json", "xml", "kvn", "any")
SCRIPT = Path(__file__).with_name("fuzz_reader.py")
# After so many executions the counts are kept, and a new process goes on.
ROUND = 50_000
# Seconds for one input; no reader needs one, but a suspended machine's clock runs on.
SLOWEST = 600
DICTIONARY = Path(__file__).with_name("keywords.dict")


def one_round(kind: str, runs: int, inputs: Path, crashes: Path) -> tuple[int, str]:
    """Run one process; return its exit status and output."""
    command = [sys.executable, str(SCRIPT), kind, str(inputs), f"-runs={runs}", f"-timeout={SLOWEST}"]
    command += [f"-dict={DICTIONARY}", "-max_len=2048", "-rss_limit_mb=8192"]
    command += ["-print_final_stats=1", f"-artifact_prefix={crashes}/"]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    return done.returncode, done.stdout + done.stderr


def fuzz(kind: str, runs: int, folder: Path) -> tuple[int, str]:
    """Return the exit status and the tally of one reader."""
    inputs, crashes, state = folder / "inputs", folder / "crashes", folder / "tally.json"
    inputs.mkdir(parents=True, exist_ok=True)
    crashes.mkdir(exist_ok=True)
    tally = json.loads(state.read_text()) if state.exists() else {"executions": 0, "seconds": 0.0}
    status, output = 0, ""
    while tally["executions"] < runs and not status:
        began = time.perf_counter()
        status, output = one_round(kind, min(ROUND, runs - tally["executions"]), inputs, crashes)
        found = re.search(r"stat::number_of_executed_units:\s*(\d+)", output)
        status = status or found is None
        tally["executions"] += int(found[1]) if found else 0
        tally["seconds"] += time.perf_counter() - began
        coverage = re.findall(r"cov: (\d+) ft: (\d+)", output) or [("?", "?")]
        tally["coverage"] = coverage[-1][0]
        state.write_text(json.dumps(tally))
    line = (
        f"{kind:5} {tally['executions']:>9} executions  {tally['seconds']:6.0f} s  "
        f"coverage {tally.get('coverage', '?')}  inputs kept {len(list(inputs.iterdir()))}  "
        f"crashes {sum(not path.name.startswith('slow-unit') for path in crashes.iterdir())}"
    )
    if status:
        line += f"\n{output[-3000:]}\nthe input is in {crashes}"
    return int(status), line


def main() -> int:
    """Fuzz the readers one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("readers", nargs="*", default=READERS)
    chosen = parser.parse_args()
    folder = chosen.folder or Path(tempfile.mkdtemp(prefix="fuzz-"))
    failed = 0
    for kind in chosen.readers:
        status, tally = fuzz(kind, chosen.runs, folder / kind)
        print(tally, flush=True)
        failed |= status != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
