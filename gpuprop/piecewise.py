"""Paths through given states, by one polynomial between each two of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["Piecewise"]


@dataclass(frozen=True, slots=True, eq=False)
class Piecewise:
    """Position and velocity, one polynomial each between every two nodes.

    Every piece goes through the nodes around it that its degree takes, as many on both sides
    as there are. Its variable is time from the middle of these, in halves of their span.

    Attributes
    ----------
    nodes_ns : ndarray of int64, (n,)
        Instants of the given states.
    middle_ns, half_ns : ndarray, (n - 1,)
        Origin and unit of the variable of each piece.
    position, velocity : ndarray of float64, (n - 1, degree + 1, 3)
        Coefficients, the constant first; km and km/s.
    """

    nodes_ns: Ints
    middle_ns: Ints
    half_ns: Ints
    position: Floats
    velocity: Floats

    @classmethod
    def lagrange(cls, nodes_ns: Ints, r: Floats, v: Floats, degree: int) -> Piecewise:
        """Interpolate positions and velocities, each by itself, with degree + 1 nodes."""
        where, middle_ns, half_ns = _windows(nodes_ns, degree + 1)
        variable = (nodes_ns[where] - middle_ns[:, None]) / half_ns[:, None]
        powers = np.power(variable[:, :, None], np.arange(degree + 1.0))
        position, velocity = np.linalg.solve(powers, r[where]), np.linalg.solve(powers, v[where])
        return cls(nodes_ns, middle_ns, half_ns, position, velocity)

    @classmethod
    def hermite(cls, nodes_ns: Ints, r: Floats, v: Floats, degree: int) -> Piecewise:
        """Interpolate positions together with their rates, with (degree + 1) / 2 nodes."""
        where, middle_ns, half_ns = _windows(nodes_ns, max((degree + 1) // 2, 2))
        degree = 2 * where.shape[1] - 1
        variable = (nodes_ns[where] - middle_ns[:, None]) / half_ns[:, None]
        power = np.arange(degree + 1)
        values = variable[:, :, None] ** power
        slopes = power * variable[:, :, None] ** np.maximum(power - 1, 0)
        unit_s = (half_ns / 1e9)[:, None, None]
        given = np.concatenate([r[where], v[where] * unit_s], axis=1)
        position = np.linalg.solve(np.concatenate([values, slopes], axis=1), given)
        velocity = _derivative(position) / unit_s
        return cls(nodes_ns, middle_ns, half_ns, position, velocity)

    def at(self, times_ns: Ints) -> tuple[Floats, Floats]:
        """Return positions and velocities, (n, 3), at instants between the first and the last node."""
        piece = self._piece(times_ns)
        variable = self._variable(piece, times_ns)
        return _evaluate(self.position[piece], variable), _evaluate(self.velocity[piece], variable)

    def derivative(self, order: int, piece: Ints, times_ns: Ints) -> Floats:
        """Return a derivative of the position in given pieces, km/s^order, (n, 3)."""
        unit_s = (self.half_ns[piece] / 1e9)[:, None]
        coefficients = self.position[piece]
        for _ in range(order):
            coefficients = _derivative(coefficients)
        return _evaluate(coefficients, self._variable(piece, times_ns)) / unit_s**order

    def kinks(self) -> Floats:
        """Return by how much the derivative of the position jumps at the inner nodes, km/s, (n - 2,)."""
        before, inner = np.arange(len(self.half_ns) - 1), self.nodes_ns[1:-1]
        jumps = self.derivative(1, before + 1, inner) - self.derivative(1, before, inner)
        return np.asarray(np.linalg.norm(jumps, axis=1))

    def _piece(self, times_ns: Ints) -> Ints:
        return np.clip(np.searchsorted(self.nodes_ns, times_ns, "right") - 1, 0, len(self.middle_ns) - 1)

    def _variable(self, piece: Ints, times_ns: Ints) -> Floats:
        return np.asarray((times_ns - self.middle_ns[piece]) / self.half_ns[piece])


def _windows(nodes_ns: Ints, size: int) -> tuple[Ints, Ints, Ints]:
    """Nodes that each piece goes through, (n - 1, size), with the middle and half of their span."""
    n = len(nodes_ns)
    first = np.clip(np.arange(n - 1) - (size - 2) // 2, 0, n - size)
    where = first[:, None] + np.arange(size)
    begin, end = nodes_ns[where[:, 0]], nodes_ns[where[:, -1]]
    return where, begin + (end - begin) // 2, (end - begin) // 2


def _derivative(coefficients: Floats) -> Floats:
    degree = coefficients.shape[1] - 1
    lowered = coefficients[:, 1:] * np.arange(1, degree + 1)[:, None]
    return np.concatenate([lowered, np.zeros_like(coefficients[:, :1])], axis=1)


def _evaluate(coefficients: Floats, variable: Floats) -> Floats:
    value = coefficients[:, -1].copy()
    for k in range(coefficients.shape[1] - 2, -1, -1):
        value = value * variable[:, None] + coefficients[:, k]
    return value
