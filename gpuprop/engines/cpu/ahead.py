"""Compiling ahead of the first call, in several processes side by side.

Threads do not help: numba compiles one function at a time. So other processes are handed one function after
the other; what they put on disk is read here when it is called. Of many processes that begin with
nothing on disk, one compiles and the others wait for it.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections import deque
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple

from numba import types

from gpuprop.engines.cpu import (
    arc_meetings,
    coplanar,
    crossings,
    deep_orbits,
    drivers,
    extents,
    initialize,
    latch,
    mean_orbits,
    model,
    pairs,
    refine,
    resonance,
    ric,
    samples,
    search,
    sieve,
    sieve_some,
)
from gpuprop.engines.cpu.signatures import B1, B2, F1, F2, F3, I1, I2, L1, S1, S2, S3, W1, W2
from gpuprop.threads import get_num_threads

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["TASKS", "Code", "compile_ahead", "serve"]

_log = logging.getLogger("gpuprop")


class Code(NamedTuple):
    """A compiled function and the types of its arguments."""

    function: Any
    arguments: tuple[Any, ...]


_INT, _FLOAT, _BOOL = types.int64, types.float64, types.boolean
_STAGES = types.NamedUniTuple(_INT, 2, drivers.Stages)
_SAMPLES = types.NamedTuple((I1, I1, F1, B1), samples.Samples)
_OBJECTS = types.NamedTuple((_STAGES, F2, I1, I1, F2, F1, F1, I1), pairs.Objects)
_BOUNDS = types.Tuple((*[_FLOAT] * 5, _INT))
# Places, shells, slots and hits of the sieve
_SIEVE = (
    types.UniTuple(W1, 2),
    types.Tuple((W2, S1, W1)),
    types.Tuple((S2, W1, W1, F2)),
    types.Tuple((W1, W1, F1)),
)
_GRID = (_STAGES, F2, I1, I1, I1, I1, F1, _BOOL, _INT, _INT, _INT, _BOOL, I1, F2, F1, F1, B1)

# What takes longest comes first, so that the processes are done at about the same time.
_MODEL = (
    Code(drivers.all_stages, drivers.STAGES.args),
    Code(initialize.initialize_some, (F2, I1, _BOOL, _INT, F2, F2, F2, F2, B1)),
    Code(initialize.move_rows, (F2, _INT, _INT, _INT)),
    Code(latch.scan, (_STAGES, I1, F2, F2, I1, I1, I1, _INT, F1)),
    Code(resonance.integrate_all, (F2, I1, I1, I1, F2)),
)
_PROPAGATION = (*_MODEL, Code(drivers.over_times, _GRID), Code(drivers.over_objects, _GRID))

_REFINEMENT = (
    *_MODEL,
    Code(search.run_tasks, (_INT, _OBJECTS, _OBJECTS, I1, I2, F2, F1)),
    Code(samples.failures, (I1, F1)),
    Code(samples.lay_out, (I1, I1, _INT, F1, _SAMPLES)),
    Code(samples.insides, (_SAMPLES, _FLOAT)),
    Code(samples.lows, (_SAMPLES,)),
    Code(drivers.positions_by_time, (_STAGES, F2, I1, I1, I1, I1, I1, F2, F2, B2)),
    Code(drivers.requests, (_STAGES, F2, I1, I1, I1, I1, _BOOL, I1, F2, F1, F1, B1)),
    Code(model.sorted_by_bucket, (I1, _INT, _INT)),
    Code(samples.with_minima, (_SAMPLES, I1, I1, F1, _INT, _INT)),
    Code(samples.brackets, (_SAMPLES, I1)),
    Code(refine.begin_crossings, (_FLOAT, F1, I1, F1, I1, F1, I2, F2)),
    Code(refine.begin_samples, (_FLOAT, I1, I1, _INT, I2, F2)),
    Code(refine.begin_minima, (I2, F2, I2, F2)),
    Code(refine.begin_last_usable, (I1, I1, I2)),
    Code(ric.motions, (_OBJECTS, _OBJECTS, I1, I1, F2)),
    Code(ric.motion_of_states, (F2, F2, F2, F2)),
)
_SCREENING = (Code(sieve.sieve_steps, (_BOUNDS, F3, F1, F1, _INT, F2, *_SIEVE, W2, S2)), *_REFINEMENT)
_FEW_PRIMARIES = (
    *_REFINEMENT,
    Code(crossings.all_meetings, (I1, S3, F2, _FLOAT, _FLOAT, I2, F2, I2, F2)),
    Code(sieve_some.sweep_steps, (types.UniTuple(_FLOAT, 5), F3, F1, F1, I1, _INT, _INT, W2, S2)),
    Code(coplanar.pair_windows, (I2, F2, _FLOAT, _FLOAT, I1, F2)),
    Code(arc_meetings.meetings_of_arcs, (F3, _FLOAT, _FLOAT, S3, F2, F2, I2)),
    Code(mean_orbits.describe, (F2, F1, _FLOAT, I1, F2, L1)),
    Code(deep_orbits.describe_deep, (_STAGES, F2, F2, I1, I1, I1, _INT, _INT, I1, F2, F2, L1)),
    Code(mean_orbits.radii, (F2,)),
    Code(mean_orbits.keep_rows, (F2, L1)),
    Code(mean_orbits.phases_anywhere, (F2,)),
    Code(extents.deep_extents, (F2, F2, _BOOL, F1, F1, F2)),
    Code(extents.near_extents, (F2, F1, F1, F2)),
    Code(sieve_some.cut_windows, (I2, F2, _FLOAT, _INT)),
    Code(sieve_some.gate_windows, (_FLOAT, F3, I2, I2, F1, F1)),
    Code(sieve_some.trace_steps, (types.UniTuple(_FLOAT, 4), F3, F1, F1, F3)),
)
_ALL = tuple(dict.fromkeys((*_SCREENING, *_FEW_PRIMARIES, *_PROPAGATION)))
TASKS = {
    "propagation": _PROPAGATION,
    "screening": _SCREENING,
    "few primaries": _FEW_PRIMARIES,
    "everything": _ALL,
}
"""What each task needs."""

_MOST_PROCESSES = 4
_SERVE = "from gpuprop.engines.cpu.ahead import serve; serve()"
_ready: set[tuple[Code, ...]] = set()


def compile_ahead(codes: tuple[Code, ...]) -> None:
    """Make sure that these are compiled and on disk, unless there is no disk to keep them on.

    Compiles in as many processes as there are threads, up to four; in this one alone where that is one.
    """
    if codes in _ready:
        return
    if _missing(codes):
        with _one_at_a_time():
            missing = _missing(codes)  # others may have compiled in the meantime
            if missing:
                _log.info("compiling %d functions, once; they are kept on disk", len(missing))
                _compile(missing)
    _ready.add(codes)


def _missing(codes: tuple[Code, ...]) -> deque[Code]:
    return deque(c for c in codes if c.function.kept_on_disk and not c.function.is_at_hand(c.arguments))


def _compile(missing: deque[Code]) -> None:
    """Compile all, here and in other processes, each of which takes the next one when it is done with one."""
    processes = [_start() for _ in range(min(get_num_threads(), _MOST_PROCESSES, len(missing)) - 1)]
    handing = [Thread(target=_hand_out, args=(p, missing), daemon=True) for p in processes if p is not None]
    try:
        for thread in handing:
            thread.start()
        _compile_here(missing)
        for thread in handing:
            thread.join()
        _compile_here(missing)  # what a process that ended too early gave back
    finally:
        for process in processes:
            if process is not None:
                process.kill()
                process.communicate()


def _compile_here(missing: deque[Code]) -> None:
    while missing:
        try:
            code = missing.popleft()
        except IndexError:
            return
        code.function.compile(code.arguments)


def _start() -> subprocess.Popen[str] | None:
    """Start a process that compiles; None where this one is not an ordinary Python."""
    if not Path(sys.executable or "").stem.lower().startswith("python"):
        return None
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-c", _SERVE],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
    except OSError as error:
        _log.info("no further process compiles: %s", error)
        return None


def _hand_out(process: subprocess.Popen[str], missing: deque[Code]) -> None:
    """Hand a process one function after the other; give back what it does not report as done."""
    assert process.stdin is not None
    assert process.stdout is not None
    # It is not ready at once, and says so; until then the others take what takes longest.
    ready = process.stdout.readline() == "ready\n"
    while ready and missing:
        try:
            code = missing.popleft()
        except IndexError:
            return
        try:
            print(_ALL.index(code), file=process.stdin, flush=True)
            ready = process.stdout.readline() == "ready\n"
        except OSError:
            ready = False
        if not ready:
            missing.append(code)
            _log.info("a process that compiles has ended; the rest is compiled in this one")


def serve() -> None:
    """Compile what is asked for on the standard input, until it ends: numbers of what there is to compile."""
    print("ready", flush=True)
    for line in sys.stdin:
        code = _ALL[int(line)]
        code.function.compile(code.arguments)
        print("ready", flush=True)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Wait until no other process compiles into the same folder."""
    try:
        import fcntl

        file = (Path(drivers.all_stages.stats.cache_path) / "gpuprop-compiling.lock").open("w")
    except (ImportError, OSError) as error:
        # Each process then compiles for itself; files appear on disk whole, so that nothing is lost but time.
        _log.info("processes that compile cannot wait for each other: %s", error)
        yield
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError as error:
            _log.info("processes that compile cannot wait for each other: %s", error)
        yield
