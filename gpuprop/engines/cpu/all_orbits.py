"""Every object of a model as a slowly turning ellipse."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gpuprop.engines.cpu.deep_orbits import describe_deep
from gpuprop.engines.cpu.drivers import NS_PER_MINUTE, stages
from gpuprop.engines.cpu.fill import Times, parts
from gpuprop.engines.cpu.initialize import NEAR
from gpuprop.engines.cpu.mean_orbits import N_ORBIT_ROWS, describe

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
    for group in model.groups:
        if group.kind == NEAR:
            minutes = (middle_ns - group.epoch_ns) / NS_PER_MINUTE
            describe(group.table, minutes, half_minutes, place[group.objects], orbits, known)
    deep = np.flatnonzero((model.regime > NEAR) & (place >= 0))
    half_ns = math.ceil(half_minutes * NS_PER_MINUTE)
    span = Times(times_ns=np.array([middle_ns - half_ns, middle_ns + half_ns]))
    for group, piece, slots, places in parts(model, deep, span):
        describe_deep(
            stages(group.kind), group.table, group.nodes.resonance, group.epoch_ns, slots,
            place[deep[places]], middle_ns, half_ns, piece.nodes.origin, piece.nodes.table, orbits, known,
        )  # fmt: skip
    return orbits, known
