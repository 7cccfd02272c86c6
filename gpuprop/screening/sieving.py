"""The coarse stage, block by block, on all threads."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gpuprop.pages import zeros_in_own_pages
from gpuprop.screening.perturbations import unmodelled_acceleration
from gpuprop.screening.stretches import Stretches, from_candidates
from gpuprop.threads import get_num_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from gpuprop.catalog import Catalog
    from gpuprop.screening.plan import Plan

# Blocks submitted ahead of the one that is waited for, per thread
_AHEAD = 3


class Sieved(NamedTuple):
    """What one block gives: its stretches, and in which samples of it objects had no state."""

    first_step: int
    n_steps: int
    stretches: Stretches
    failed: NDArray[np.bool_]  # (n_steps + 1, number of `failing`)
    failing: NDArray[np.int64]  # rows


class Sieve:
    """Runs the engine's sieve on blocks of a plan.

    Parameters
    ----------
    engine, model, catalog
        What to compute with and of what; the rows of the model are those of the catalog.
    plan : Plan
        Steps and blocks.
    """

    def __init__(self, engine: Any, model: Any, catalog: Catalog, plan: Plan) -> None:
        self.engine = engine
        self.model = model
        self.plan = plan
        # The order in which the engine writes positions fastest; to the sieve all are alike.
        self.rows = model.order
        self.semi_major_km = np.nan_to_num(model.a_km[self.rows], nan=1.0)
        allowance = unmodelled_acceleration(engine, model, catalog, plan.start_ns, plan.stop_ns)
        self.unmodelled = allowance[self.rows]
        self._memory = threading.local()

    def block(self, first: int, count: int) -> Sieved:
        """Sieve the steps first..first+count-1."""
        memory = self._memory_of_thread(count)
        positions, status = memory.positions[: count + 1], memory.status[: count + 1]
        self.engine.positions(self.model, self.rows, self.plan.sample_times(first, count), positions, status)
        pair, span = self.engine.sieve(
            self.plan.geometry,
            positions,
            self.semi_major_km,
            self.unmodelled,
            first,
            memory=memory.sieve,
        )
        stretches = from_candidates(pair, span, self.rows, self.plan)
        bad = np.flatnonzero(status.any(axis=0))
        return Sieved(first, count, stretches, status[:, bad] != 0, self.rows[bad])

    def _memory_of_thread(self, n_steps: int) -> Any:
        """Return what the calling thread works in; it is given back when the thread ends."""
        memory, n = self._memory, len(self.rows)
        if len(getattr(memory, "positions", ())) <= n_steps:
            memory.positions = zeros_in_own_pages((n_steps + 1, 3, n))
            memory.status = zeros_in_own_pages((n_steps + 1, n), np.uint8)
            memory.sieve = self.engine.sieve_memory(n)
        return memory

    def run(self, blocks: Iterable[tuple[int, int]]) -> Iterator[Sieved]:
        """Yield the sieved blocks, each given by first step and number of steps, in their order."""
        return in_threads(self.block, blocks)


def in_threads(sieve: Callable[..., Sieved], blocks: Iterable[tuple[Any, ...]]) -> Iterator[Sieved]:
    """Sieve blocks, given by their arguments, on all threads; yield them in their order."""
    workers = get_num_threads()
    with ThreadPoolExecutor(workers, thread_name_prefix="gpuprop-sieve") as pool:
        waiting: deque[Future[Sieved]] = deque()
        try:
            for block in blocks:
                waiting.append(pool.submit(sieve, *block))
                if len(waiting) > _AHEAD * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
