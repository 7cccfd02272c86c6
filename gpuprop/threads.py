"""How many threads the CPU engine uses, and how blocks of work are spread over them."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from gpuprop.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["get_num_threads", "map_blocks", "set_num_threads"]

Block = TypeVar("Block")
Result = TypeVar("Result")

_VARIABLE = "GPUPROP_NUM_THREADS"
_chosen: int | None = None
_team: tuple[int, ThreadPoolExecutor] | None = None
# What a thread of a team may use itself
_here = threading.local()


def _usable_cpus() -> int:
    """Return how many CPUs this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)


def get_num_threads() -> int:
    """Return the number of threads that propagation and screening use.

    That is what `set_num_threads` was given, else the environment variable
    ``GPUPROP_NUM_THREADS``, else the number of CPUs this process may run on.

    Returns
    -------
    int
        At least 1.

    Raises
    ------
    InputError
        If ``GPUPROP_NUM_THREADS`` is not a whole number above zero.

    Examples
    --------
    >>> import gpuprop
    >>> gpuprop.get_num_threads() >= 1
    True
    """
    if _chosen is not None:
        return _chosen
    text = os.environ.get(_VARIABLE, "").strip()
    if not text:
        return _usable_cpus()
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise InputError(f"environment variable {_VARIABLE} is {text!r}; give a whole number above zero")
    return int(text)


def set_num_threads(count: int | None) -> None:
    """Set the number of threads for the rest of this process.

    Parameters
    ----------
    count : int or None
        At least 1; None goes back to the environment variable or the number of CPUs.

    Raises
    ------
    InputError
        If `count` is not a whole number above zero.

    Examples
    --------
    >>> import gpuprop
    >>> gpuprop.set_num_threads(2)
    >>> gpuprop.get_num_threads()
    2
    >>> gpuprop.set_num_threads(None)
    """
    global _chosen
    if count is not None and (not isinstance(count, int) or isinstance(count, bool) or count < 1):
        raise InputError(f"count is {count!r}; give a whole number of threads above zero, or None")
    _chosen = count


def map_blocks(function: Callable[[Block], Result], blocks: Iterable[Block]) -> list[Result]:
    """Call `function` on every block, on as many threads as `get_num_threads` says.

    The function spends its time in compiled code that holds no GIL, so threads are enough. Where it calls
    `map_blocks` itself, each of these calls has its share of the threads.

    Parameters
    ----------
    function : callable
        Takes one block. What it raises is raised here; blocks not yet begun are dropped.
    blocks : iterable
        Independent pieces of work.

    Returns
    -------
    list
        What the calls returned, in the order of the blocks.

    Examples
    --------
    >>> from gpuprop.threads import map_blocks
    >>> map_blocks(abs, [-1, 2, -3])
    [1, 2, 3]
    """
    pending = list(blocks)
    share = getattr(_here, "share", None)
    available = share or get_num_threads()
    workers = min(available, len(pending))
    if workers <= 1:
        return [function(block) for block in pending]

    def run(block: Block) -> Result:
        _here.share, before = available // workers, getattr(_here, "share", None)
        try:
            return function(block)
        finally:
            _here.share = before

    # One of the threads is the calling one.
    with _standing(available - 1) if share is None else ThreadPoolExecutor(workers - 1) as team:
        return _shared_out(run, pending, team)


def _shared_out(
    run: Callable[[Block], Result], blocks: list[Block], team: ThreadPoolExecutor
) -> list[Result]:
    """Let a team begin with the first blocks, and the calling thread with the last ones.

    It never waits for a block that has not begun: all of the team may be waiting for what it holds.
    """
    futures = [team.submit(run, block) for block in blocks]
    own: dict[int, Result] = {}
    try:
        for number in reversed(range(len(blocks))):
            if futures[number].cancel():
                own[number] = run(blocks[number])
        return [own[k] if k in own else future.result() for k, future in enumerate(futures)]
    except BaseException:
        for future in futures:
            future.cancel()
        wait([future for future in futures if not future.cancelled()])
        raise


@contextmanager
def _standing(count: int) -> Iterator[ThreadPoolExecutor]:
    """Hold threads that stand by between calls: to begin new ones takes longer than many a block does."""
    global _team
    if _team is None or _team[0] != count:
        # Those of before end when nobody uses them any more.
        _team = count, ThreadPoolExecutor(count, "gpuprop")
    yield _team[1]


def _forget_team() -> None:
    """Begin anew in a process that has been forked, which has none of the threads."""
    global _team
    _team = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_team)
