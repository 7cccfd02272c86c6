"""Independent pieces of work on many processes or machines, over dask.distributed.

What is computed on is scattered once; a piece is sent to whoever is free. A piece whose worker dies is
done by another, and one that takes far longer than the others is given to a second worker as well.
"""

from __future__ import annotations

import os
from collections import deque
from contextlib import ExitStack, contextmanager
from importlib import import_module
from statistics import median
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, TypeVar

from gpuprop.errors import InputError, RunError
from gpuprop.threads import get_num_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["on_workers", "require_workers"]

Shared = TypeVar("Shared")
Piece = TypeVar("Piece")
Result = TypeVar("Result")

_AHEAD = 2  # pieces sent out per worker, so that none waits for the next
_MOST_ATTEMPTS = 10
_NO_WORKER_S = 30.0
_CONNECT_S = 10.0
_MOST_LOSSES = 10
# When a piece counts as stuck: this many times the usual, and at least so long
_SLOW_FACTOR, _SLOW_S = 5.0, 10.0


def require_workers(workers: int | None, scheduler: str | None) -> None:
    """Check what was asked for, and that dask.distributed is there.

    Raises
    ------
    InputError
        If it is not, or the arguments cannot be used.
    """
    if workers is not None and scheduler is not None:
        raise InputError(
            "workers and scheduler are both given; a scheduler has its own workers: leave one out"
        )
    if workers is not None and (isinstance(workers, bool) or not isinstance(workers, int) or workers < 1):
        raise InputError(f"workers is {workers!r}; give a whole number above zero")
    try:
        import distributed  # noqa: F401 - only whether it is there
    except ImportError:
        raise InputError(
            "workers and scheduler need dask.distributed; pip install 'gpuprop[distributed]'"
        ) from None


def on_workers(
    function: Callable[[Shared, Piece], Result],
    shared: Shared,
    pieces: Iterable[Piece],
    *,
    workers: int | None,
    scheduler: str | None,
    gpus: bool = False,
) -> Iterator[tuple[Piece, Result]]:
    """Yield every piece with ``function(shared, piece)``, in the order in which they are done.

    Parameters
    ----------
    function : callable
        A function of a module; the same piece may be computed more than once.
    shared : object
        Sent to each worker once.
    pieces : iterable
        Pieces of work.
    workers : int or None
        Start so many processes on this machine, which share its threads.
    scheduler : str or None
        Use this scheduler's workers instead.
    gpus : bool
        Give each started process a GPU of its own.

    Raises
    ------
    RunError
        If the scheduler cannot be reached, or workers die again and again.
    """
    require_workers(workers, scheduler)
    missing = list(pieces)
    lost = 0
    while missing:
        before = len(missing)
        try:
            with _client(workers, scheduler, gpus=gpus) as client:
                for piece, result in _Dispatch(client, function, shared, missing).results():
                    yield piece, result
                    missing.remove(piece)
        except _Lost as reason:
            lost = 0 if len(missing) < before else lost + 1
            # A cluster of our own is started anew; another's scheduler is its owner's affair.
            if lost == (1 if workers is None else _MOST_LOSSES):
                raise RunError(
                    f"no workers at {scheduler or 'this machine'} ({reason}); start the scheduler and its "
                    "workers, and resume (--resume)"
                ) from reason


class _Lost(Exception):
    """There is nobody to compute with, or no longer; carries the reason."""


@contextmanager
def _client(workers: int | None, scheduler: str | None, *, gpus: bool) -> Iterator[Any]:
    import dask

    distributed: Any = import_module("distributed")

    with ExitStack() as stack:
        # Deaths are counted here, by piece; the scheduler is to try on.
        stack.enter_context(dask.config.set({"distributed.scheduler.allowed-failures": 1000}))
        try:
            address: Any = scheduler
            if workers is not None:
                address = stack.enter_context(_local_cluster(worker_environments(workers, gpus=gpus)))
            client = stack.enter_context(
                distributed.Client(address, timeout=_CONNECT_S, set_as_default=False)
            )
            client.wait_for_workers(1, timeout=_NO_WORKER_S)
        except (OSError, RuntimeError, ValueError, TimeoutError) as error:
            if isinstance(error, InputError):
                raise
            raise _Lost(str(error)) from error
        yield client


def _local_cluster(environments: list[dict[str, str]]) -> Any:
    distributed: Any = import_module("distributed")
    options = {"nthreads": 1, "memory_limit": 0, "dashboard": False, "silence_logs": "ERROR"}
    return distributed.SpecCluster(
        scheduler={
            "cls": distributed.Scheduler,
            "options": {"host": "127.0.0.1", "port": 0, "dashboard": False},
        },
        workers={
            number: {"cls": distributed.Nanny, "options": options | {"env": environment}}
            for number, environment in enumerate(environments)
        },
        silence_logs="ERROR",
    )


def worker_environments(workers: int, *, gpus: bool) -> list[dict[str, str]]:
    """Return what is set in the environment of each local worker: its share of threads, its GPU."""
    threads = str(max(1, get_num_threads() // workers))
    environments = [{"GPUPROP_NUM_THREADS": threads} for _ in range(workers)]
    if gpus:
        devices = _visible_gpus()
        if workers > len(devices):
            raise InputError(f"workers is {workers}, but GPUs are {len(devices)}; give at most one per GPU")
        for environment, device in zip(environments, devices, strict=False):
            environment["CUDA_VISIBLE_DEVICES"] = device
    return environments


def _visible_gpus() -> list[str]:
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        return [device.strip() for device in chosen.split(",") if device.strip()]
    import cupy

    return [str(number) for number in range(cupy.cuda.runtime.getDeviceCount())]


class _Dispatch:
    """Keeps workers busy, and does again what they lose."""

    def __init__(self, client: Any, function: Any, shared: Any, pieces: Iterable[Any]) -> None:
        self._client = client
        self._function = function
        self._shared = shared
        self._waiting = deque((piece, 1) for piece in pieces)
        self._running: dict[Any, tuple[Any, int, float]] = {}  # future: piece, attempt, when sent
        self._took: list[float] = []
        self._scattered: Any = None
        self._seen = monotonic()  # when there was a worker

    def results(self) -> Iterator[tuple[Any, Any]]:
        distributed: Any = import_module("distributed")
        while self._waiting or self._running:
            self._send()
            try:
                with self._client.as_current():
                    distributed.wait(list(self._running), timeout=1.0, return_when="FIRST_COMPLETED")
            except TimeoutError:
                self._require_workers()
                self._double_stuck()
            except distributed.CancelledError:  # some were lost; which, their status says
                sleep(0.1)
            for future in [future for future in self._running if future.status != "pending"]:
                if future in self._running:
                    yield from self._take(future)

    def _send(self) -> None:
        n_workers = max(1, len(self._client.nthreads()))
        while self._waiting and len(self._running) < _AHEAD * n_workers:
            self._submit(*self._waiting.popleft())

    def _submit(self, piece: Any, attempt: int) -> None:
        if self._scattered is None:
            self._scattered = self._scatter()
        future = self._client.submit(self._function, self._scattered, piece, pure=False)
        self._running[future] = piece, attempt, monotonic()

    def _scatter(self) -> Any:
        for _ in range(_MOST_ATTEMPTS):
            try:
                return self._client.scatter(self._shared, broadcast=True, hash=False)
            except (OSError, KeyError, RuntimeError, TimeoutError) as error:  # a worker died on the way
                reason = repr(error)
                sleep(0.5)
        raise _Lost(f"nothing can be sent to workers: {reason}")

    def _take(self, future: Any) -> Iterator[tuple[Any, Any]]:
        distributed: Any = import_module("distributed")
        piece, attempt, sent = self._running.pop(future)
        try:
            result = future.result()
        except (distributed.KilledWorker, distributed.CancelledError, OSError) as error:
            if attempt == _MOST_ATTEMPTS:
                raise RunError(
                    f"workers died {attempt} times at the same time block ({error}); see their logs, give "
                    "them more memory or lower max_memory, and resume (--resume)"
                ) from error
            # What was scattered may have died with its last holder.
            self._scattered = None
            self._waiting.appendleft((piece, attempt + 1))
            return
        self._took.append(monotonic() - sent)
        for other in [other for other, (twin, *_) in self._running.items() if twin == piece]:
            del self._running[other]
            other.cancel()
        self._waiting = deque(item for item in self._waiting if item[0] != piece)
        yield piece, result

    def _require_workers(self) -> None:
        """Give up once there has been nobody to compute for some time."""
        if self._client.status != "running":
            raise _Lost("the scheduler is gone")
        if self._client.nthreads():
            self._seen = monotonic()
        elif monotonic() - self._seen > _NO_WORKER_S:
            raise _Lost("all workers are gone")

    def _double_stuck(self) -> None:
        """Send what takes too long to a second worker, once nothing else is left to do."""
        if self._waiting or not self._took:
            return
        limit = max(_SLOW_S, _SLOW_FACTOR * median(self._took))
        sent_twice = [piece for piece, *_ in self._running.values()]
        for piece, attempt, sent in list(self._running.values()):
            if monotonic() - sent > limit and sent_twice.count(piece) == 1:
                self._submit(piece, attempt)
