"""One screening as a job: prepared once, sieved by ranges of steps, refined by batches of stretches.

A range of steps can be done by itself, in any order and on any machine: what is found in a
cell of time depends on the pair and the cell alone. Only stretches that reach its ends have
to be joined with those of the next range before they are refined.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gpuprop.encounter_table import KINDS, Encounters
from gpuprop.propagation import Task, prepare
from gpuprop.screening import on_device
from gpuprop.screening.describe import columns, identified, worded
from gpuprop.screening.encounters import find_intervals
from gpuprop.screening.failures import Failures
from gpuprop.screening.growing import GrowingRows
from gpuprop.screening.mixed import MixedEngine, step_within_spans
from gpuprop.screening.on_device import DeviceSieve
from gpuprop.screening.plan import LARGEST_STEP_S, best_step_s, make_plan, memory_bytes
from gpuprop.screening.refine import Pairs
from gpuprop.screening.selection import PairFilter, Selection
from gpuprop.screening.sieving import Sieve
from gpuprop.screening.some import SomeSieve, are_few
from gpuprop.screening.stretches import CELL_NS, Stretches, batches, closed_before, from_cell, join
from gpuprop.screening.volume_intervals import find_volume_intervals
from gpuprop.screening.volumes import VolumeTable, described
from gpuprop.threads import get_num_threads, map_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from gpuprop.catalog import Catalog
    from gpuprop.encounter_table import FailedObject
    from gpuprop.ephemeris import Ephemeris
    from gpuprop.screening.encounters import Intervals
    from gpuprop.screening.sieving import Sieved

__all__ = ["Job", "Searched"]

Columns = dict[str, Any]
"""Rows of an encounter table, with rows of the catalog in place of its objects."""

# Grid samples that one batch of refinement holds at once
_BATCH_SAMPLES = 100_000
# Stretches that are held before those that cannot grow any more are refined: few enough that joining them
# goes on beside the sieve, and that rows, which come pair by pair, are near those of the same time
_WAITING_STRETCHES = 300_000


class Searched(NamedTuple):
    """What a range of steps gives by itself.

    Attributes
    ----------
    tables : list
        Encounters that lie strictly inside the range.
    open : Stretches
        What reaches an end of the range that is not one of the window, and may go on beyond it.
    failures : Failures
        Of the objects in these steps.
    """

    tables: list[Columns]
    open: Stretches
    failures: Failures


class Job:
    """Everything that one screening computes with, and its two stages.

    Parameters
    ----------
    catalog : Catalog
        The element sets, in any order.
    start_ns, stop_ns : int
        Window, ns UTC.
    threshold_km, engine, mode, step_s, max_memory
        As in `gpuprop.screen`.
    volume : Volume or mapping, optional
        As in `gpuprop.screen`.
    selection : Selection, optional
        Whom to screen against whom, made of that catalog; everybody against everybody if left out.
    ephemerides : sequence of Ephemeris
        Those whose rows are in the catalog.

    Attributes
    ----------
    catalog : Catalog
        The objects that take part, in the order of ids: of two objects the one with the smaller id has the
        smaller row.
    selection : Selection
        In the same order.
    """

    def __init__(
        self,
        catalog: Catalog,
        start_ns: int,
        stop_ns: int,
        *,
        threshold_km: float,
        engine: str,
        mode: str,
        step_s: float | None,
        max_memory: int | str | None,
        selection: Selection | None = None,
        volume: Any = None,
        ephemerides: Sequence[Ephemeris] = (),
    ) -> None:
        self.selection = (Selection.of(catalog) if selection is None else selection).sorted()
        self.catalog = self.selection.catalog
        self.mode = mode
        # Bounds for few primaries come from elements, which an ephemeris has not.
        few = not ephemerides and are_few(self.selection)
        task: Task = "few primaries" if few else "screening"
        self.engine, self.model = prepare(self.catalog, engine, mode, "float64", task=task)
        self._volume = volume
        self.volumes = None if volume is None else VolumeTable.of(self.catalog, volume)
        if self.volumes is not None:
            threshold_km = self.volumes.reach_km(self.selection.primary)
        few = few and not self.engine.on_device
        n = len(self.catalog)
        if few and step_s is None:
            step_s = LARGEST_STEP_S
        if ephemerides:
            self.engine = MixedEngine(self.engine, self.catalog, ephemerides)
            step_s = step_within_spans(best_step_s(n) if step_s is None else step_s, ephemerides)
        self._n_ephemerides = len(ephemerides)
        plan = make_plan(
            start_ns, stop_ns, n, threshold_km=threshold_km, step_s=step_s, max_memory=max_memory
        )
        self._keep = None if self.selection.everything else PairFilter(self.selection, self.engine.xp)
        self._sieve: Any
        if self.engine.on_device:
            limit = None if max_memory is None else memory_bytes(max_memory)
            self._sieve = DeviceSieve(
                self.engine, self.model, self.catalog, plan, step_s=step_s, max_memory=limit
            )
        elif few:
            self._sieve = SomeSieve(self.engine, self.model, self.selection, plan)
        else:
            self._sieve = Sieve(self.engine, self.model, self.catalog, plan)
            if ephemerides:
                self.engine.allow(self._sieve)
        self.plan = self._sieve.plan

    @property
    def parameters(self) -> dict[str, Any]:
        """What the result says of how it was made."""
        return {
            "start": np.datetime64(self.plan.start_ns, "ns"),
            "stop": np.datetime64(self.plan.stop_ns, "ns"),
            "threshold_km": self.plan.geometry.threshold_km,
            "mode": self.mode,
            "engine": self.engine.name,
            "step_s": self.plan.step_s,
            **({} if self._volume is None else {"volume": described(self._volume)}),
            "catalog": self.catalog.digest,
            **({"ephemerides": self._n_ephemerides} if self._n_ephemerides else {}),
            **self.selection.parameters,
        }

    @property
    def steps_at_once(self) -> int:
        """Steps that a thread, or the device, sieves at once."""
        return int(self._sieve.plan.steps_per_block)

    def sieve(self, first_step: int = 0, n_steps: int | None = None) -> Iterator[Sieved]:
        """Yield the coarse stage of a range of steps, of all if left out, block by block as time goes."""
        plan = self._sieve.plan
        if n_steps is not None and not self.engine.on_device:  # a short range has work for all threads too
            share = -(-n_steps // get_num_threads())
            plan = replace(plan, steps_per_block=min(plan.steps_per_block, share))
        for block in self._sieve.run(plan.blocks(first_step, n_steps)):
            yield block if self._keep is None else block._replace(stretches=self._keep(block.stretches))

    def refine(self, stretches: Stretches) -> list[Columns]:
        """Turn joined stretches into encounters, in batches on all threads or on the device."""
        if self.volumes is not None:
            return self._refine_volumes(stretches, self.volumes)
        return self.each(stretches, lambda pairs, found: columns(pairs, found, self.model.a_km))

    def each(self, stretches: Stretches, describe: Callable[[Pairs, Intervals], Columns]) -> list[Columns]:
        """Find the encounters of joined stretches, and describe each batch of them, with the pair of each."""
        if self.engine.on_device:  # it cuts batches by its own memory
            stretches = Stretches(*(self.engine.xp.asarray(column) for column in stretches))
            return [describe(*on_device.find_intervals(self.engine, self.model, stretches, self.plan))]

        def run(batch: Stretches) -> Columns:
            pairs = Pairs(self.engine, self.model, batch.row_1, batch.row_2)
            found = find_intervals(pairs, batch, self.plan)
            return describe(pairs.take(found.stretch), found)

        return map_blocks(run, batches(stretches, _BATCH_SAMPLES))

    def _refine_volumes(self, stretches: Stretches, volumes: VolumeTable) -> list[Columns]:
        if self.engine.on_device:
            stretches = Stretches(*(self.engine.device.to_host(column) for column in stretches))

        def run(batch: Stretches) -> Columns:
            pairs = Pairs(self.engine, self.model, batch.row_1, batch.row_2)
            found = find_volume_intervals(pairs, batch, self.plan, volumes, self.selection.primary)
            return columns(pairs.take(found.stretch), found, self.model.a_km)

        pieces = batches(stretches, _BATCH_SAMPLES)
        return [run(piece) for piece in pieces] if self.engine.on_device else map_blocks(run, pieces)

    def search(
        self,
        first_step: int = 0,
        n_steps: int | None = None,
        *,
        progress: Callable[[int, int], None] | None = None,
        refine: Callable[[Stretches], list[Columns]] | None = None,
    ) -> Searched:
        """Do a range of steps, all if left out, as far as it can be done without its neighbours.

        Stretches are refined as soon as nothing can be joined to them any more.
        """
        refine = refine or self.refine
        failures = Failures(len(self.catalog))
        rows = GrowingRows()
        waiting: list[Stretches] = []
        left_open: list[Stretches] = []
        done = first_step
        for block in self.sieve(first_step, n_steps):
            done = block.first_step + block.n_steps
            failures.add(block.first_step, block.failing, block.failed)
            waiting.append(block.stretches)
            if sum(len(part.first) for part in waiting) > _WAITING_STRETCHES:
                closed, still_open = closed_before(join(waiting), self._cell(done))
                waiting = [still_open]
                share = (done - first_step) / (n_steps or self.plan.n_steps)
                rows.add(refine(self._inside(closed, first_step, left_open)), share=share)
            if progress is not None:
                progress(done, self.plan.n_steps)
        rest = join(waiting)
        if done < self.plan.n_steps:
            # One cell more than stretches need, so that no sample of them lies beyond either.
            rest, right_open = closed_before(rest, self._cell(done) - 1)
            left_open.append(right_open)
        rows.add(refine(self._inside(rest, first_step, left_open)))
        return Searched([rows.columns()], join(left_open) if left_open else rest.take(slice(0)), failures)

    def _inside(self, stretches: Stretches, first_step: int, left_open: list[Stretches]) -> Stretches:
        """Return the stretches that begin inside a range of steps; put the others aside."""
        if first_step:
            stretches, early = from_cell(stretches, self._cell(first_step) + 2)
            left_open.append(early)
        return stretches

    def _cell(self, step: int) -> int:
        """Cell in which a step begins: the first that it, or one before it, can share with a later step."""
        return step * self.plan.step_ns // CELL_NS

    def run(self, progress: Callable[[int, int], None] | None) -> Encounters:
        """Do all of it in this process."""
        tables, _, failures = self.search(progress=progress)
        return self.encounters(tables, failures)

    def encounters(self, tables: list[Columns], failures: Failures) -> Encounters:
        """Put what was found into one sorted table, with parameters and report."""
        report = failures.report(self.engine, self.model, self.catalog, self.plan)
        tables, n_docked = self.selection.exclusion.without_docked(tables)
        parameters = self.parameters
        if self.selection.exclusion.docked:
            parameters["left_out_docked"] = n_docked
        return self.rows(tables, parameters=parameters, report=report)

    def rows(
        self,
        tables: list[Columns],
        *,
        parameters: Mapping[str, Any] | None = None,
        report: Iterable[FailedObject] = (),
    ) -> Encounters:
        """Put what refinement found into one sorted table."""
        found = identified(tables, self.catalog, order=Encounters.order)
        found["kind"] = worded(found["kind"], KINDS)
        return Encounters.from_columns(found, parameters=parameters, report=report)
