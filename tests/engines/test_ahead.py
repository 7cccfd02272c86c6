"""What is compiled ahead is what runs, and many processes that begin at once share the work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Says which functions ran, with which arguments, that were not compiled ahead for these.
RUN = """
import json, sys
import numpy as np
import gpuprop
from gpuprop.engines.cpu import ahead, compile

late = []
compiled = compile._Compiled.compile
def watched(self, signature):
    known = tuple(signature) in ahead_for.get(self, ())
    if not known:
        late.append(f"{self.py_func.__name__} {signature}")
    return compiled(self, signature)

ahead_for = {}
for code in ahead.TASKS[sys.argv[1]]:
    ahead_for.setdefault(code.function, []).append(code.arguments)
compile._Compiled.compile = watched
day = np.datetime64("2024-11-01T00:00:00", "ns")
catalog = gpuprop.Catalog.sample()[::20]
if sys.argv[1] == "few primaries":
    some = {"HEO": 3, "LEO": 3, "GEO": 3}
    ids = [catalog.norad_id[catalog.orbit_class == kind][:n] for kind, n in some.items()]
    gpuprop.screen(catalog, day, day + np.timedelta64(6, "h"), primaries=np.concatenate(ids), engine="cpu")
elif sys.argv[1] == "screening":
    gpuprop.screen(catalog, day, day + np.timedelta64(20, "m"), threshold_km=20.0, engine="cpu")
else:
    gpuprop.propagate(catalog, [day], engine="cpu")
    gpuprop.propagate(catalog[:2], day + np.arange(100) * np.timedelta64(1, "m"), engine="cpu")
    gpuprop.propagate_since_epoch(catalog, [0.0], engine="cpu")
print(json.dumps(late))
"""

COUNT = """
from gpuprop.engines.cpu import ahead
code = ahead.Code(ahead.latch.cannot_fail, (ahead.F1, ahead.types.float64, ahead.types.float64))
ahead.compile_ahead((code,))
code.function.compile(code.arguments)
print(sum(code.function.stats.cache_misses.values()), sum(code.function.stats.cache_hits.values()))
"""


def _start(script: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("task", ["screening", "propagation", "few primaries"])
def test_what_runs_was_compiled_ahead_with_these_arguments(task: str) -> None:
    out, error = _start(RUN, task).communicate()
    assert out, error
    assert json.loads(out) == []


def test_of_many_processes_that_begin_at_once_one_compiles(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    processes = [_start(COUNT, NUMBA_CACHE_DIR=str(tmp_path)) for _ in range(8)]
    outcomes = [process.communicate() for process in processes]
    counts = [out.split() for out, _ in outcomes]
    assert all(counts), outcomes
    assert sorted(counts) == [["0", "1"]] * 7 + [["1", "0"]]


def test_a_process_that_cannot_help_costs_nothing_but_time(tmp_path: Path) -> None:
    script = (
        "import gpuprop; gpuprop.set_num_threads(3)\n"
        "from gpuprop.engines.cpu import ahead\n"
        "ahead._SERVE = 'raise SystemExit(1)'\n"
        "codes = tuple(c for c in ahead.TASKS['screening'] if 'usable' in c.function.py_func.__name__\n"
        "              or 'brackets' in c.function.py_func.__name__)\n"
        "ahead.compile_ahead(codes)\n"
        "print(len(codes), all(c.arguments in c.function.overloads for c in codes))\n"
    )
    out, error = _start(script, NUMBA_CACHE_DIR=str(tmp_path)).communicate()
    assert out.split() == ["2", "True"], error
