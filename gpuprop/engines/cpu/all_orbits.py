"""Every object of a model as a slowly turning ellipse."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from gpuprop.engines.cpu.deep_orbits import describe_deep
from gpuprop.engines.cpu.drivers import NS_PER_MINUTE, stages
from gpuprop.engines.cpu.fill import Times, parts
from gpuprop.engines.cpu.initialize import NEAR
from gpuprop.engines.cpu.mean_orbits import N_ORBIT_ROWS, describe
from gpuprop.threads import get_num_threads, map_blocks

if TYPE_CHECKING:
    from gpuprop.engines.cpu.arrays import Bools, Floats, Ints
    from gpuprop.engines.cpu.model import Model

__all__ = ["mean_orbits"]


def mean_orbits(
    model: Model, middle_ns: int, half_minutes: float, objects: Ints | None = None
) -> tuple[Floats, Bools]:
    """Describe objects of a model, all if left out, within `half_minutes` of an instant, ns UTC.

    Returns
    -------
    orbits : ndarray of float64, shape (n, `N_ORBIT_ROWS`)
        By object, in the order given, and quantity.
    known : ndarray of bool, shape (n,)
        Whom it describes: none of which the bounds say too little.
    """
    objects = np.arange(len(model)) if objects is None else objects
    place = np.full(len(model), -1)
    place[objects] = np.arange(len(objects))
    orbits = np.zeros((len(objects), N_ORBIT_ROWS))
    known = np.zeros(len(objects), np.bool_)
    tasks = []
    for group in model.groups:
        if group.kind == NEAR:
            minutes, places = (middle_ns - group.epoch_ns) / NS_PER_MINUTE, place[group.objects]
            tasks += [
                partial(describe, group.table[some], minutes[some], half_minutes, places[some], orbits, known)
                for some in _slices(len(minutes))
            ]
    deep = np.flatnonzero((model.regime > NEAR) & (place >= 0))
    half_ns = math.ceil(half_minutes * NS_PER_MINUTE)
    span = Times(times_ns=np.array([middle_ns - half_ns, middle_ns + half_ns]))
    for group, piece, slots, found in parts(model, deep, span):
        places = place[deep[found]]
        tasks += [
            partial(
                describe_deep, stages(group.kind), group.table, group.nodes.resonance, group.epoch_ns,
                slots[some], places[some], middle_ns, half_ns, piece.nodes.origin, piece.nodes.table, orbits,
                known,
            )
            for some in _slices(len(slots))
        ]  # fmt: skip
    map_blocks(lambda task: task(), tasks)
    return orbits, known


def _slices(n: int) -> list[slice]:
    """Cut n objects into one part for each thread."""
    size = max(1, -(-n // get_num_threads()))
    return [slice(begin, begin + size) for begin in range(0, n, size)]
