"""Runs that are killed, starved of disk and memory, and robbed of their workers, against a clean one.

    python validation/faults.py [--kills 200] [--worker-kills 50] [--disk 20] [--memory 20] [--hours 12]

Every injection hits a real `gpuprop screen ... --output DIR` at a random moment or a random limit; the run is
then resumed, and hit again, until it ends. Its result must be the clean one, byte for byte. A run
short of disk or memory must end by itself, whole or with one sentence that says what to do; where a
C++ library finds no memory and aborts the process, that is told, and it counts as a kill. After each hit
every file under its final name must be whole. Disk needs root, for a small tmpfs. Prints a table; exits
with 1 if anything differs.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from pyarrow import parquet

TICKS = os.sysconf("SC_CLK_TCK")
# No run takes nearly as long; one that does waits for ever.
_LONGEST_S = 900
Hit = Callable[[subprocess.Popen[str]], None]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, count in (("kills", 200), ("worker-kills", 50), ("disk", 20), ("memory", 20)):
        parser.add_argument(f"--{name}", type=int, default=count)
    parser.add_argument("--hours", type=float, default=12.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    random.seed(options.seed)
    with tempfile.TemporaryDirectory(prefix="gpuprop-faults-") as name:
        bench = Bench(Path(name), options.hours)
        print(
            f"clean run: {bench.cpu_s:.1f} s of CPU, {bench.wall_s:.1f} s, {bench.peak_mb:.0f} MB", flush=True
        )
        print("| what | injected | runs that ended whole | refused in a sentence | aborted | wrong |")
        print("|---" * 6 + "|", flush=True)
        good = bench.repeat("SIGKILL", options.kills, bench.killed)
        good &= bench.repeat("worker killed, of four", options.worker_kills, bench.workers_killed)
        good &= bench.repeat("disk full", options.disk, bench.disk_full)
        good &= bench.repeat("out of memory", options.memory, bench.out_of_memory)
    return 0 if good else 1


class Bench:
    """A clean run to compare with, and the ways to spoil others."""

    def __init__(self, folder: Path, hours: float) -> None:
        self.folder = folder
        self.hours = hours
        self.command(folder / "warm", hours=0.2).communicate()
        began = time.monotonic()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        process = self.command(folder / "clean")
        assert process.wait() == 0, process.communicate()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.wall_s = time.monotonic() - began
        self.cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        self.peak_mb = after.ru_maxrss / 1e3
        self.clean = digest(folder / "clean")
        self.n_bytes = (folder / "clean" / "encounters.parquet").stat().st_size

    def command(self, folder: Path, *more: str, hours: float | None = None) -> subprocess.Popen[str]:
        words = ["-m", "gpuprop", "screen", "sample", "--start", "2024-11-01", "--top", "0"]
        words += ["--hours", str(hours or self.hours), "--output", str(folder), "--resume", *more]
        return subprocess.Popen(
            [sys.executable, *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )

    def repeat(self, what: str, n: int, once: Callable[[Counter[str], int], None]) -> bool:
        """Inject n times, in as many runs as it takes."""
        counts: Counter[str] = Counter()
        while counts["injected"] < n and not counts["wrong"]:
            once(counts, n)
        cells = (counts[key] for key in ("injected", "whole", "refused", "aborted", "wrong"))
        print(f"| {what} | {' | '.join(map(str, cells))} |", flush=True)
        return not counts["wrong"]

    def check_end(self, folder: Path, counts: Counter[str], process: subprocess.Popen[str]) -> None:
        _, said = process.communicate()
        same = process.returncode == 0 and digest(folder) == self.clean
        counts["whole" if same else "wrong"] += 1
        if not same:
            print(f"exit {process.returncode}, {said[-2000:]}")

    def killed(self, counts: Counter[str], n: int) -> None:
        folder = fresh(self.folder / "run")
        while True:
            process = self.command(folder)
            limit = random.uniform(0.0, self.cpu_s) if counts["injected"] < n else float("inf")
            while process.poll() is None and cpu_s(process.pid) < limit:
                time.sleep(random.uniform(0.0, 0.03))
            if process.poll() is not None:
                return self.check_end(folder, counts, process)
            process.kill()
            process.communicate()
            counts["injected"] += 1
            counts["wrong"] += not whole(folder)

    def workers_killed(self, counts: Counter[str], n: int) -> None:
        folder = fresh(self.folder / "run")
        process = self.command(folder, "--workers", "4")
        while process.poll() is None:
            time.sleep(random.uniform(0.2, 4.0))
            victims = workers_of(process.pid)
            if len(victims) == 4 and counts["injected"] < n:
                os.kill(random.choice(victims), signal.SIGKILL)
                counts["injected"] += 1
        self.check_end(folder, counts, process)

    def disk_full(self, counts: Counter[str], n: int) -> None:
        folder = fresh(self.folder / "disk")
        folder.mkdir()
        size = random.randrange(8192, int(2.2 * self.n_bytes))
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)
        try:
            self.starved(counts, folder / "run", lambda process: None)
            subprocess.run(["mount", "-o", "remount,size=64m", str(folder)], check=True)
            self.check_end(folder / "run", counts, self.command(folder / "run"))
        finally:
            subprocess.run(["umount", str(folder)], check=True)

    def out_of_memory(self, counts: Counter[str], n: int) -> None:
        folder = fresh(self.folder / "run")
        # From the first block on: what fails before is Python itself
        headroom = random.randrange(1 << 20, 200 << 20)

        def limit(process: subprocess.Popen[str]) -> None:
            while process.poll() is None and not (folder / "manifest.json").exists():
                time.sleep(0.002)
            time.sleep(random.uniform(0.0, 0.5 * self.wall_s))
            if process.poll() is None:
                pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[0])
                most = pages * resource.getpagesize() + headroom
                resource.prlimit(process.pid, resource.RLIMIT_AS, (most, most))

        self.starved(counts, folder, limit)
        self.check_end(folder, counts, self.command(folder))

    def starved(self, counts: Counter[str], folder: Path, hit: Hit) -> None:
        process = self.command(folder)
        hit(process)
        try:
            _, said = process.communicate(timeout=_LONGEST_S)
        except subprocess.TimeoutExpired:
            process.kill()
            _, said = process.communicate()
            said += f"still there after {_LONGEST_S} s"
        counts["injected"] += 1
        sentence = said.strip().splitlines()[-1:] or [""]
        refused = process.returncode == 2 and sentence[0].startswith("gpuprop: ") and "Traceback" not in said
        counts["refused"] += refused
        # A C++ library that finds no memory may end the process (std::terminate): as good as killed.
        aborted = process.returncode == -signal.SIGABRT and "bad_alloc" in said
        counts["aborted"] += aborted
        if not (refused or aborted or process.returncode == 0) or not whole(folder):
            counts["wrong"] += 1
            print(f"exit {process.returncode}: {said[-2000:]}")


def fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def digest(folder: Path) -> str:
    return hashlib.sha256((folder / "encounters.parquet").read_bytes()).hexdigest()


def whole(folder: Path) -> bool:
    """Tell whether every table under its final name can be read to the end."""
    for path in folder.rglob("*.parquet"):
        if not path.parent.name.startswith("."):
            parquet.read_table(path)
    return True


def cpu_s(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def workers_of(pid: int) -> list[int]:
    """Return the worker processes below a process."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
    return [child for child, parent in parents.items() if parent == pid and is_worker(child)]


def is_worker(pid: int) -> bool:
    try:
        return b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
