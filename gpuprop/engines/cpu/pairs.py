"""Pairs of objects side by side in the lanes: sorted by the regimes of both, their constants fetched."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gpuprop.engines.cpu.compile import leaf, prefer_wide_vectors
from gpuprop.engines.cpu.drivers import Stages, stages
from gpuprop.engines.cpu.emit import WIDTH, gather_eight

if TYPE_CHECKING:
    from gpuprop.engines.cpu.arrays import Floats, Ints
    from gpuprop.engines.cpu.model import Group, Model, Piece

__all__ = ["Objects", "by_regime", "enter"]

_NO_MARKS = np.zeros(0)


class Objects(NamedTuple):
    """One object of each pair: what its regime's stages read, and its slot there (n,)."""

    stages: Stages
    table: Floats
    epoch_ns: Ints
    origin: Ints
    nodes: Floats
    before: Floats  # failing marks, minutes, of every slot, infinite where there is none; or no marks
    after: Floats
    slots: Ints


@leaf
def enter(
    table: Floats,
    epoch_ns: Ints,
    of_pair: Ints,
    pairs: Ints,
    first: int,
    slots: Ints,
    epochs: Ints,
    buf: Floats,
) -> None:
    """Put the objects of eight pairs into the lanes from `first` on."""
    prefer_wide_vectors()
    for j in range(first, first + WIDTH):
        slots[j] = of_pair[pairs[j]]
        epochs[j] = epoch_ns[slots[j]]
    for c in range(0, table.shape[1], WIDTH):
        gather_eight(table, slots, first, c, buf, first)


def by_regime(
    model: Model, row_1: Ints, row_2: Ints, span_ns: tuple[int, int]
) -> tuple[list[tuple[Objects, Objects, Ints]], Ints]:
    """Sort pairs of objects, (n,) each: both objects of all, and the numbers of those of the same regimes.

    The second result are the numbers of those pairs that an object without any state belongs to, or one of
    too many for their resonance to be kept for the span.
    """
    pieces = [group.whole(span_ns) for group in model.groups]
    group_1, slots_1 = model.located(row_1)
    group_2, slots_2 = model.located(row_2)
    objects_1, objects_2 = (
        [*map(_objects, model.groups, pieces, [slots] * len(pieces)), None] for slots in (slots_1, slots_2)
    )
    kinds = group_1 * np.uint8(len(objects_2)) + group_2
    sorted_pairs, left = [], []
    for number, (first, second) in enumerate(product(objects_1, objects_2)):
        which = np.flatnonzero(kinds == number)
        if first is None or second is None:
            left.append(which)
        elif len(which):
            sorted_pairs.append((first, second, which))
    return sorted_pairs, np.sort(np.concatenate(left))


def _objects(group: Group, piece: Piece | None, slots: Ints) -> Objects | None:
    if piece is None:
        return None
    before, after = piece.failures or (_NO_MARKS, _NO_MARKS)
    nodes, of_group = piece.nodes, stages(group.kind)
    return Objects(of_group, group.table, group.epoch_ns, nodes.origin, nodes.table, before, after, slots)
