"""Long screenings: kept block by block in a folder, resumed where they stopped, on one process or many."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

import gpuprop
from gpuprop.digest import ELEMENTS
from gpuprop.errors import RunError
from gpuprop.screening.finishing import finish
from gpuprop.screening.job import Job
from gpuprop.screening.plan import memory_bytes
from gpuprop.screening.run_directory import RunDirectory, has_spare_memory
from gpuprop.screening.selection import Selection
from gpuprop.screening.time_blocks import BlockResult, TimeBlock, computed, steps_per_time_block, time_blocks
from gpuprop.timescale import instant_ns

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from gpuprop.catalog import Catalog
    from gpuprop.screening.volumes import Volume

__all__ = ["screen_to"]

_LAYOUT = 1


def screen_to(
    directory: str | os.PathLike[str],
    catalog: Catalog,
    start: Any,
    stop: Any,
    *,
    threshold_km: float = 5.0,
    primaries: npt.ArrayLike | Catalog | None = None,
    secondaries: npt.ArrayLike | Catalog | None = None,
    exclude: str | Sequence[str] = (),
    exclude_pairs: npt.ArrayLike | None = None,
    exclude_groups: npt.ArrayLike | None = None,
    volume: Volume | Mapping[Any, Volume] | None = None,
    engine: Literal["auto", "cpu", "cuda"] = "auto",
    mode: Literal["afspc", "improved"] = "afspc",
    step_s: float | None = None,
    max_memory: int | str | None = None,
    resume: bool = False,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Screen into a folder, time block by time block, so that nothing finished is lost.

    The window is cut into time blocks. Each is written when it is done; in the end all become one
    file, `encounters.parquet`, with the rows that `gpuprop.screen` gives. It is the same, byte for byte,
    however often the run was interrupted and whoever computed its blocks, and is never in memory as a whole.

    Parameters
    ----------
    directory : str or path-like
        A new or empty folder, or one of a run that is to be resumed.
    catalog, start, stop, threshold_km
        As in `gpuprop.screen`.
    primaries, secondaries, exclude, exclude_pairs, exclude_groups, volume
        As in `gpuprop.screen`.
    engine, mode, step_s
        As in `gpuprop.screen`.
    max_memory : int or str, optional
        What positions and working memory may take, of all workers on this machine together, or of each
        worker of a scheduler; 1 GiB if left out.
    resume : bool
        Go on with the run in the folder, or start it if there is none.
    workers : int, optional
        Compute in so many processes on this machine, on one GPU each where there are GPUs. Needs the
        extra ``distributed``, as does `scheduler`.
    scheduler : str, optional
        Compute on the workers of this dask scheduler, like ``"tcp://10.0.0.1:8786"``.
    progress : callable, optional
        Called with the number of steps done and of all steps.

    Returns
    -------
    pathlib.Path
        Where the result is: a Parquet file for `Encounters.read`, or larger than memory for
        ``pyarrow.dataset.dataset``.

    Raises
    ------
    InputError
        If an argument cannot be used, the folder holds something else, or its run has other inputs.
    RunError
        If disk, memory or workers fail. Finished blocks are kept.
    EngineUnavailable
        If the engine asked for cannot run here.

    Examples
    --------
    >>> import tempfile, gpuprop
    >>> stations = gpuprop.Catalog.sample().select(ids=[25544, 48274, 49044])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = gpuprop.screen_to(folder, stations, "2024-11-01", "2024-11-02", threshold_km=10)
    ...     path.name, len(gpuprop.Encounters.read(path))
    ('encounters.parquet', 1)
    """
    selection = Selection.of(
        catalog,
        primaries=primaries,
        secondaries=secondaries,
        exclude=exclude,
        exclude_pairs=exclude_pairs,
        exclude_groups=exclude_groups,
    )
    request = Request(
        selection=selection,
        start_ns=instant_ns(start, name="start"),
        stop_ns=instant_ns(stop, name="stop"),
        threshold_km=threshold_km,
        volume=volume,
        engine=engine,
        mode=mode,
        step_s=step_s,
        max_memory=max_memory,
    )
    if workers is not None or scheduler is not None:
        from gpuprop.parallel import require_workers

        require_workers(workers, scheduler)
    run = _Run(RunDirectory(directory), request)
    with run.directory.locked():
        run.directory.begin(run.manifest, resume=resume)
        if not run.directory.result.exists():
            try:
                run.compute(workers, scheduler, progress)
            except (MemoryError, SystemError) as error:
                # Python itself raises a SystemError where it finds no memory for a call.
                is_memory = isinstance(error, MemoryError)
                if not is_memory and has_spare_memory():
                    raise
                reason = (is_memory and str(error)) or "an allocation failed"
                raise RunError(
                    f"out of memory ({reason}); finished time blocks are kept: "
                    "lower max_memory or free memory, and resume (--resume)"
                ) from error
        run.directory.finish()
    return run.directory.result


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a job is made of; goes to workers as it is."""

    selection: Selection
    start_ns: int
    stop_ns: int
    threshold_km: float
    volume: Any
    engine: str
    mode: str
    step_s: float | None
    max_memory: int | str | None

    def job(self) -> Job:
        """Make the job."""
        return Job(
            self.selection.catalog,
            self.start_ns,
            self.stop_ns,
            threshold_km=self.threshold_km,
            engine=self.engine,
            mode=self.mode,
            step_s=self.step_s,
            max_memory=self.max_memory,
            selection=self.selection,
            volume=self.volume,
        )


class _Run:
    """One call of `screen_to`."""

    def __init__(self, directory: RunDirectory, request: Request) -> None:
        self.directory = directory
        self.job = request.job()
        plan = self.job.plan
        self.request = replace(
            request, selection=self.job.selection, engine=self.job.engine.name, step_s=plan.step_s
        )
        self.size = steps_per_time_block(
            plan.n_steps, len(self.job.catalog), plan.step_s, plan.geometry.threshold_km
        )
        self.blocks = time_blocks(plan.n_steps, self.size)

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What a run must have in common with the one that it resumes."""
        asked = self.job.parameters
        return {
            "layout": _LAYOUT,
            "version": gpuprop.__version__,
            "engine": asked["engine"],
            "objects": len(self.job.catalog),
            "catalog": _digest(self.job.catalog),
            "selection": self.job.selection.digest(),
            "start": f"{asked['start']}Z",
            "stop": f"{asked['stop']}Z",
            "threshold_km": asked["threshold_km"],
            "volume": asked.get("volume"),
            "mode": asked["mode"],
            "step_s": asked["step_s"],
            "steps_per_block": self.size,
        }

    def compute(
        self, workers: int | None, scheduler: str | None, progress: Callable[[int, int], None] | None
    ) -> None:
        """Do the blocks that are missing, then join all."""
        missing = [block for block in self.blocks if not self.directory.has(block)]
        done = self.job.plan.n_steps - sum(block.n_steps for block in missing)
        for block, result in self._results(missing, workers, scheduler):
            self.directory.write(block, result)
            done += block.n_steps
            if progress is not None:
                progress(done, self.job.plan.n_steps)
        finish(self.job, self.directory, self.blocks)

    def _results(
        self, blocks: list[TimeBlock], workers: int | None, scheduler: str | None
    ) -> Iterator[tuple[TimeBlock, BlockResult]]:
        if workers is None and scheduler is None:
            return ((block, computed(self.job, block)) for block in blocks)
        from gpuprop.parallel import on_workers

        share = memory_bytes(self.request.max_memory) // (workers or 1)
        return on_workers(
            computed_on_worker,
            replace(self.request, max_memory=share),
            blocks,
            workers=workers,
            scheduler=scheduler,
            gpus=self.job.engine.on_device,
        )


_worker_jobs: dict[int, tuple[Request, Job]] = {}


def computed_on_worker(request: Request, block: TimeBlock) -> BlockResult:
    """Compute a block with a job that this process makes once for each request."""
    kept = _worker_jobs.get(id(request))
    if kept is None:
        _worker_jobs.clear()
        kept = _worker_jobs[id(request)] = request, request.job()
    return computed(kept[1], block)


def _digest(catalog: Catalog) -> str:
    """Return the SHA-256 of what the rows say and depend on: elements and names, in the order of the job."""
    digest = hashlib.sha256()
    for name in ELEMENTS:
        digest.update(np.ascontiguousarray(getattr(catalog, name)).tobytes())
    digest.update("\0".join(catalog.name.tolist()).encode())
    return f"sha256:{digest.hexdigest()}"
