"""Fuzz every reader for a number of executions, and print how it went.

Usage: python validation/fuzz/run.py [executions, default 1000000] [readers ...]
Exits with 1 if any reader crashed. The input that did it stays in the folder named.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

READERS = ("tle", "csv", "json", "xml", "kvn")
SCRIPT = Path(__file__).with_name("fuzz_reader.py")
DICTIONARY = Path(__file__).with_name("keywords.dict")


def fuzz(kind: str, runs: int) -> tuple[int, str]:
    """Return the exit status and the tally of one reader."""
    crashes = Path(tempfile.mkdtemp(prefix=f"fuzz-{kind}-"))
    command = [sys.executable, str(SCRIPT), kind, f"-runs={runs}", f"-dict={DICTIONARY}", "-max_len=2048"]
    # libFuzzer counts what it has allocated in all; the readers' buffers are freed, and are not leaks.
    command += ["-rss_limit_mb=4096", "-timeout=20", "-print_final_stats=1", f"-artifact_prefix={crashes}/"]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    output = done.stdout + done.stderr
    executed = re.search(r"stat::number_of_executed_units:\s*(\d+)", output)
    seconds = re.search(r"in (\d+) second", output)
    coverage = re.findall(r"cov: (\d+) ft: (\d+)", output)
    tally = (
        f"{kind:5} {int(executed[1]) if executed else 0:>9} executions  "
        f"{seconds[1] if seconds else '?':>5} s  coverage {coverage[-1][0] if coverage else '?'}  "
        f"crashes {len(list(crashes.iterdir()))}"
    )
    if done.returncode:
        tally += f"\n{output[-3000:]}\nthe input is in {crashes}"
    return done.returncode, tally


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
