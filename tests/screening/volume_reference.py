"""Who is inside whose volume, by python-sgp4 alone: every pair, on a fine grid of instants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sgp4.api import SatrecArray

from tests.screening.reference import python_sgp4_satellites

if TYPE_CHECKING:
    from numpy.typing import NDArray

    import gpuprop

    Floats = NDArray[np.float64]

JD_START = 2460615.5  # 2024-11-01
FINE_S = 0.02


def frame(r: Floats, v: Floats) -> Floats:
    """RIC axes of states (..., 3), by rows."""
    radial = r / np.linalg.norm(r, axis=-1, keepdims=True)
    normal = np.cross(r, v)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    return np.stack([radial, np.cross(normal, radial), normal], axis=-2)


def inside(volume: gpuprop.Volume, x: Floats) -> NDArray[np.bool_]:
    """Whether points (..., 3) are in a volume, straight from its definition."""
    limits = np.array(volume.limits_km)
    scaled = np.where(x < 0, -x / limits[:, 0], x / limits[:, 1])
    return (scaled <= 1).all(axis=-1) if volume.shape == "box" else (scaled**2).sum(axis=-1) <= 1


def states(satellites: list[Any], seconds: Floats) -> tuple[Floats, Floats]:
    """Positions and velocities (n, n_time, 3); NaN where python-sgp4 reports an error."""
    error, r, v = SatrecArray(satellites).sgp4(np.full(len(seconds), JD_START), seconds / 86400.0)
    return np.where(error[..., None], np.nan, r), np.where(error[..., None], np.nan, v)


def pairs_inside(
    ids: list[int], volume: gpuprop.Volume, seconds: int, centres: set[int] | None = None
) -> set[tuple[int, int]]:
    """Pairs of which one object is at some instant of the grid inside the volume of the other.

    Each whole second, pairs closer than the volume reaches and 9 km (half a second at 18 km/s) are looked at
    every 0.02 s until half a second later and earlier.
    """
    known = python_sgp4_satellites()
    satellites = [known[number] for number in ids]
    near: dict[tuple[int, int], list[int]] = {}
    for begin in range(0, seconds + 1, 60):
        count = min(60, seconds + 1 - begin)
        r, _ = states(satellites, np.arange(begin, begin + count, dtype=float))
        for k in range(count):
            p = r[:, k]
            order = np.argsort(p[:, 2])
            p = p[order]
            reach = volume.reach_km + 9.0
            last = np.searchsorted(p[:, 2], p[:, 2] + reach)
            for i in range(len(p)):
                away = np.abs(p[i + 1 : last[i]] - p[i])
                for j in np.flatnonzero((away <= reach).all(axis=1)):
                    pair = tuple(sorted((int(order[i]), int(order[i + 1 + j]))))
                    near.setdefault(pair, []).append(begin + k)
    fine = np.arange(-25, 26) * FINE_S
    found = set()
    for (i, j), instants in near.items():
        times = (np.array(instants)[:, None] + fine).ravel()
        times = times[(times >= 0) & (times <= seconds)]
        r, v = states([satellites[i], satellites[j]], times)
        for own, other in ((0, 1), (1, 0)):
            if centres is not None and ids[(i, j)[own]] not in centres:
                continue
            x = np.einsum("nij,nj->ni", frame(r[own], v[own]), r[other] - r[own])
            if inside(volume, x).any():
                found.add(tuple(sorted((ids[i], ids[j]))))
    return found


def is_inside_at(ids: tuple[int, int], volume: gpuprop.Volume, second: float, slack_km: float) -> bool:
    """Whether python-sgp4 too has one object in the volume of the other, made larger by slack_km."""
    import gpuprop

    known = python_sgp4_satellites()
    larger = gpuprop.Volume(volume.shape, *(tuple(side + slack_km for side in a) for a in volume.limits_km))
    r, v = states([known[number] for number in ids], np.array([second]))
    return any(
        inside(larger, np.einsum("ij,j->i", frame(r[a, 0], v[a, 0]), r[b, 0] - r[a, 0])).item()
        for a, b in ((0, 1), (1, 0))
    )
