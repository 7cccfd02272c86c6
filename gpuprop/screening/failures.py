"""Which objects had no state in the window or in a part of it, and since when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gpuprop.encounter_table import FailedObject
from gpuprop.screening.refine import Pairs, last_usable
from gpuprop.states import STATUS_MEANINGS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gpuprop.catalog import Catalog
    from gpuprop.screening.plan import Plan

_NEVER = np.iinfo(np.int64).max


class FailureCounts(NamedTuple):
    """Rows that failed, the first sample of each without a state, and in how many steps it began without."""

    rows: NDArray[np.int64]
    first: NDArray[np.int64]
    n_failed: NDArray[np.int64]


class Failures:
    """Collects, block by block, the first sample at which each object has no state."""

    def __init__(self, n_objects: int) -> None:
        self._first = np.full(n_objects, _NEVER)
        self._n_failed = np.zeros(n_objects, np.int64)

    def add(self, first_step: int, rows: NDArray[np.int64], failed: NDArray[np.bool_]) -> None:
        """Take note of a block: failed (n_samples, len(rows)) for the rows that fail in it."""
        found = first_step + failed.argmax(axis=0)
        self._first[rows] = np.minimum(self._first[rows], found)
        self._n_failed[rows] += failed[:-1].sum(axis=0)

    def counts(self) -> FailureCounts:
        """Return what was collected, of the objects that failed alone."""
        rows = np.flatnonzero(self._first != _NEVER)
        return FailureCounts(rows, self._first[rows], self._n_failed[rows])

    def add_counts(self, counts: FailureCounts) -> None:
        """Take note of what was collected elsewhere."""
        rows = counts.rows
        self._first[rows] = np.minimum(self._first[rows], counts.first)
        self._n_failed[rows] += counts.n_failed

    def report(self, engine: Any, model: Any, catalog: Catalog, plan: Plan) -> list[FailedObject]:
        """Describe the objects that failed before or during the window, ordered by id."""
        rows = np.flatnonzero(self._first != _NEVER)
        bad_ns = plan.start_ns + self._first[rows] * plan.step_ns
        good_ns = np.maximum(bad_ns - plan.step_ns, plan.start_ns)
        failed_ns = last_usable(Pairs(engine, model, rows, rows), good_ns, bad_ns) + (self._first[rows] > 0)
        _, _, status = engine.states_at(model, rows, failed_ns, velocity=False)
        report = []
        for row, instant, code in zip(rows.tolist(), failed_ns.tolist(), status.tolist(), strict=True):
            if instant > plan.stop_ns:
                continue
            never_usable = self._n_failed[row] == plan.n_steps
            report.append(
                FailedObject(
                    norad_id=int(catalog.norad_id[row]),
                    name=str(catalog.name[row]),
                    status=code,
                    meaning=STATUS_MEANINGS[code],
                    first_failed_time=None if never_usable else np.datetime64(instant, "ns"),
                )
            )
        return report
