"""How a screening is cut up: the window into steps, the steps into blocks, before anything is allocated."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gpuprop.engines.geometry import SieveGeometry
from gpuprop.errors import InputError
from gpuprop.threads import get_num_threads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

NS_PER_S = 1_000_000_000
LARGEST_STEP_S = 300.0
SMALLEST_STEP_S = 1.0
LARGEST_THRESHOLD_KM = 1000.0

# Where the sieve of the reference catalog is cheapest; the pair tests of a step grow with
# (objects x step)^2, all the rest with objects, so the best step falls with the root of their number.
_BEST_STEP_S = 160.0
_REFERENCE_OBJECTS = 27_000
_STEPS_PER_BLOCK = 16

# Bytes per object in a block: arcs, slots and scratch, and one sample with its status
_WORKING_BYTES, _SAMPLE_BYTES = 200, 25
_DEFAULT_MEMORY = 1 << 30
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30}


@dataclass(frozen=True, slots=True)
class Plan:
    """Window, steps and blocks of one screening. Instants are ns UTC."""

    start_ns: int
    stop_ns: int
    step_ns: int
    steps_per_block: int
    geometry: SieveGeometry

    @property
    def step_s(self) -> float:
        """Length of a step, s."""
        return self.step_ns / NS_PER_S

    def with_step(self, step_s: float) -> Plan:
        """Return the plan for another step, s."""
        step_ns = round(step_s * NS_PER_S)
        geometry = SieveGeometry.of(self.geometry.threshold_km, step_ns / NS_PER_S)
        return replace(self, step_ns=step_ns, geometry=geometry)

    @property
    def n_steps(self) -> int:
        """Number of steps that cover the window; the last one may reach beyond its end."""
        return -(-(self.stop_ns - self.start_ns) // self.step_ns)

    def blocks(self, first_step: int = 0, n_steps: int | None = None) -> Iterator[tuple[int, int]]:
        """Yield first step and number of steps of each block of a range of steps, of all if left out."""
        end = self.n_steps if n_steps is None else first_step + n_steps
        for first in range(first_step, end, self.steps_per_block):
            yield first, min(self.steps_per_block, end - first)

    def sample_times(self, first: int, count: int) -> NDArray[np.int64]:
        """Return the ends of the steps first..first+count-1: count + 1 instants."""
        return self.start_ns + self.step_ns * np.arange(first, first + count + 1)


def make_plan(
    start_ns: int,
    stop_ns: int,
    n_objects: int,
    *,
    threshold_km: float,
    step_s: float | None,
    max_memory: int | str | None,
) -> Plan:
    """Check the numbers and decide on step and block.

    Parameters
    ----------
    start_ns, stop_ns : int
        Window, ns UTC.
    n_objects : int
        Number of objects to be screened.
    threshold_km : float
        Above 0, at most 1000.
    step_s : float or None
        1 to 300; None leaves it to the cost model.
    max_memory : int, str or None
        Bytes, or text like "2GB", that positions and working memory may take; None for 1 GiB.

    Raises
    ------
    InputError
        If one of them cannot be used.
    """
    if stop_ns <= start_ns:
        raise InputError("stop is not after start; give a window that has a length")
    threshold = checked(threshold_km, "threshold_km", 0.0, LARGEST_THRESHOLD_KM)
    if step_s is None:
        step = best_step_s(n_objects)
    else:
        step = checked(step_s, "step_s", SMALLEST_STEP_S, LARGEST_STEP_S, closed=True)
    step_ns = round(step * NS_PER_S)
    return Plan(
        start_ns,
        stop_ns,
        step_ns,
        steps_per_block(n_objects, memory_bytes(max_memory)),
        SieveGeometry.of(threshold, step_ns / NS_PER_S),
    )


def checked(value: float, name: str, low: float, high: float, *, closed: bool = False) -> float:
    """Return a number if it lies above low (or at it, if closed) and not above high."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InputError(f"{name} is {value!r}, which is not a number") from None
    if not (math.isfinite(number) and (low < number or (closed and low == number)) and number <= high):
        reach = f"{'at least' if closed else 'above'} {low:g} and at most {high:g}"
        raise InputError(f"{name} is {number:g}; give a number {reach}")
    return number


def best_step_s(n_objects: int) -> float:
    """Step that makes the sieve cheapest, s: whole tens from 10 to 180."""
    step = _BEST_STEP_S * math.sqrt(_REFERENCE_OBJECTS / max(n_objects, 1))
    return 10.0 * min(18, max(1, round(step / 10.0)))


def steps_per_block(n_objects: int, memory: int) -> int:
    """How many steps fit into the memory that one thread may use."""
    per_thread = memory // get_num_threads() - block_bytes(n_objects, 0)
    per_step = _SAMPLE_BYTES * n_objects
    if per_thread < per_step:
        need = get_num_threads() * block_bytes(n_objects, 1)
        raise InputError(
            f"max_memory is too small for {n_objects:,} objects on {get_num_threads()} threads; "
            f"give at least {need / 1e6:.0f} MB or fewer threads"
        )
    return int(min(_STEPS_PER_BLOCK, per_thread // per_step)) if n_objects else _STEPS_PER_BLOCK


def block_bytes(n_objects: int, n_steps: int) -> int:
    """Memory that a thread takes for a block of steps."""
    return (_WORKING_BYTES + _SAMPLE_BYTES * (n_steps + 1)) * n_objects


def memory_bytes(limit: int | str | None) -> int:
    """Turn a memory limit like 10**9, "500MB" or "2 GiB" into bytes.

    Examples
    --------
    >>> memory_bytes("2 GiB") == 2**31
    True
    """
    if limit is None:
        return _DEFAULT_MEMORY
    if isinstance(limit, str):
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(ki|mi|gi|k|m|g|t|)b?\s*", limit.lower())
        if match:
            return int(float(match[1]) * _UNITS[match[2]])
    elif not isinstance(limit, bool) and isinstance(limit, (int, np.integer)) and limit > 0:
        return int(limit)
    raise InputError(f"max_memory is {limit!r}; give a number of bytes above zero or text like '2GB'")
