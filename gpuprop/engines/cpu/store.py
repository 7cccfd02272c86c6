"""From the lanes of the work buffer to the arrays of results."""

# ruff: noqa: FBT001 - compiled functions take no arguments by keyword alone

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpuprop.engines.cpu import rows
from gpuprop.engines.cpu.compile import inlined, leaf
from gpuprop.engines.cpu.emit import WIDTH, emit_row, emit_status, emit_vectors, prefetch_for_write
from gpuprop.engines.cpu.rows import LANES as L

if TYPE_CHECKING:
    from gpuprop.engines.cpu.arrays import Bytes, Floats, Ints

GROUPS = L // WIDTH


@inlined
def store_one(buf: Floats, j: int, velocity: bool, place: int, r: Floats, v: Floats, status: Bytes) -> None:
    """Copy one lane to one place of the flat output."""
    for c in range(3):
        r[3 * place + c] = buf[(rows.RX + c) * L + j]
        if velocity:
            v[3 * place + c] = buf[(rows.VX + c) * L + j]
    status[place] = np.uint8(buf[rows.STATUS * L + j])


@inlined
def prefetch_groups(counts: Ints, velocity: bool, places: Ints, r: Floats, v: Floats) -> None:
    """Begin to fetch what `store_groups` will write, while there is something else to compute."""
    for group in range(GROUPS):
        for j in range(0, 3 * counts[group], WIDTH):
            prefetch_for_write(r, 3 * places[group] + j)
            if velocity:
                prefetch_for_write(v, 3 * places[group] + j)


@leaf
def store_groups(
    buf: Floats, counts: Ints, velocity: bool, places: Ints, r: Floats, v: Floats, status: Bytes
) -> None:
    """Copy each eight lanes, or the first few of them, to consecutive places of the flat output."""
    for group in range(GROUPS):
        lane, count, place = group * WIDTH, counts[group], places[group]
        if count == WIDTH:
            emit_vectors(buf, rows.RX * L + lane, r, 3 * place)
            emit_status(buf, rows.STATUS * L + lane, status, place)
            if velocity:
                emit_vectors(buf, rows.VX * L + lane, v, 3 * place)
        else:
            for j in range(count):
                store_one(buf, lane + j, velocity, place + j, r, v, status)


@inlined
def prefetch_columns(count: int, targets: Ints, x: Floats, n: int) -> None:
    """Begin to fetch what `store_columns` will write, where the targets are near each other."""
    for j in range(0, count, WIDTH):
        for c in range(3):
            prefetch_for_write(x, c * n + targets[j])


@leaf
def store_columns(
    buf: Floats, count: int, consecutive: bool, targets: Ints, x: Floats, status: Bytes
) -> None:
    """Copy positions and status of the lanes to the columns ``targets`` of one instant.

    ``x`` is the flat (3, n) plane of that instant.
    """
    n = status.shape[0]
    if consecutive:
        first = targets[0]
        whole = count - count % WIDTH
        for c in range(3):
            for j in range(0, whole, WIDTH):
                emit_row(buf, (rows.RX + c) * L + j, x, c * n + first + j)
            for j in range(whole, count):
                x[c * n + first + j] = buf[(rows.RX + c) * L + j]
        for j in range(0, whole, WIDTH):
            emit_status(buf, rows.STATUS * L + j, status, first + j)
        for j in range(whole, count):
            status[first + j] = np.uint8(buf[rows.STATUS * L + j])
    else:
        for j in range(count):
            target = targets[j]
            x[target] = buf[rows.RX * L + j]
            x[n + target] = buf[rows.RY * L + j]
            x[2 * n + target] = buf[rows.RZ * L + j]
            status[target] = np.uint8(buf[rows.STATUS * L + j])
