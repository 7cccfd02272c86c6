"""How many threads the CPU engine uses, and how blocks of work are spread over them."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from gpuprop.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["get_num_threads", "map_blocks", "set_num_threads"]

Block = TypeVar("Block")
Result = TypeVar("Result")

_VARIABLE = "GPUPROP_NUM_THREADS"
_chosen: int | None = None
_share = threading.local()


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
    here = getattr(_share, "threads", None) or get_num_threads()
    workers = min(here, len(pending))
    if workers <= 1:
        return [function(block) for block in pending]
    with ThreadPoolExecutor(workers, "gpuprop", initializer=_take_share, initargs=(here // workers,)) as pool:
        futures = [pool.submit(function, block) for block in pending]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _take_share(threads: int) -> None:
    """Leave so many threads to what the calling thread spreads itself."""
    _share.threads = threads
