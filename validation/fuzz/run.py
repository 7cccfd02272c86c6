"""Fuzz every reader for a number of executions, and print how it went.

Usage: python validation/fuzz/run.py [executions, default 1000000] [readers ...]
Exits with 1 if any reader crashed. The input that did it stays in the folder named.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

READERS = ("tle", "csv", "json", "xml", "kvn")
SCRIPT = Path(__file__).with_name("fuzz_reader.py")
# atheris holds on to some 25 kB per execution; a new process lets go of it.
ROUND = 50_000
# Seconds for one input; no reader needs one, but a suspended machine's clock runs on.
SLOWEST = 600
DICTIONARY = Path(__file__).with_name("keywords.dict")


def fuzz(kind: str, runs: int) -> tuple[int, str]:
    """Return the exit status and the tally of one reader."""
    inputs, crashes = (
        Path(tempfile.mkdtemp(prefix=f"fuzz-{kind}-{name}-")) for name in ("inputs", "crashes")
    )
    executed, seconds, status, output = 0, 0.0, 0, ""
    while executed < runs and not status:
        command = [sys.executable, str(SCRIPT), kind, str(inputs), f"-runs={min(ROUND, runs - executed)}"]
        command += [f"-dict={DICTIONARY}", "-max_len=2048", "-rss_limit_mb=8192", f"-timeout={SLOWEST}"]
        command += ["-print_final_stats=1", f"-artifact_prefix={crashes}/"]
        began = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        seconds += time.perf_counter() - began
        status, output = done.returncode, done.stdout + done.stderr
        found = re.search(r"stat::number_of_executed_units:\s*(\d+)", output)
        executed += int(found[1]) if found else 0
        status = status or found is None
        print(f"{kind} {executed}", file=sys.stderr, flush=True)
    coverage = re.findall(r"cov: (\d+) ft: (\d+)", output) or [("?", "?")]
    tally = (
        f"{kind:5} {executed:>9} executions  {seconds:6.0f} s  coverage {coverage[-1][0]}  "
        f"inputs kept {len(list(inputs.iterdir()))}  crashes {len(list(crashes.iterdir()))}"
    )
    if status:
        tally += f"\n{output[-3000:]}\nthe input is in {crashes}"
    return int(status), tally


def main() -> int:
    """Fuzz the readers one after the other."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    failed = 0
    for kind in sys.argv[2:] or READERS:
        status, tally = fuzz(kind, runs)
        print(tally, flush=True)
        failed |= status != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
