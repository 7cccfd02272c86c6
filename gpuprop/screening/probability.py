"""Probability of collision of encounters that are short against the orbits, many at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from gpuprop.errors import InputError
from gpuprop.screening.covariance import position_covariances
from gpuprop.screening.probability_rows import COLUMNS, NOTES, Rows, integrate
from gpuprop.threads import get_num_threads, map_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["NOTES", "Probabilities", "collision_probability", "disk_probability"]

# Blocks small enough for the caches, large enough for the overhead of NumPy
_BLOCK_ROWS = 8192

Method = Literal["foster", "chan", "alfano"]
Scaling = Literal["both", "primary", "secondary"]


@dataclass(frozen=True, slots=True, eq=False)
class Probabilities:
    """Collision probabilities of n encounters.

    Attributes
    ----------
    probability : ndarray of float64, (n,)
        2-D probability of collision; NaN where `note` says why there is none.
    maximum : ndarray of float64, (n,)
        The largest probability that another size of the uncertainty could give: over one factor on the
        sigmas where both covariances are known, over every covariance of the other object where one
        is known (Frisbee), over one factor on 1:3:1 ellipsoids in RIC, as SOCRATES takes them, where
        none is. NaN where not usable.
    sigma_factor : ndarray of float64, (n,)
        The factor that gives `maximum`; NaN for Frisbee's bound, and relative to sigmas of 100, 300 and 100 m
        where no covariance is known.
    diluted : ndarray of bool, (n,)
        Smaller sigmas would raise the probability, by more than a thousandth: it is as low as it is only
        because the orbits are known badly.
    repaired : ndarray of bool, (n,)
        Negative eigenvalues of a covariance, small against its largest, were set to zero.
    miss_distance_m, relative_speed_m_s : ndarray of float64, (n,)
        Distance across the relative velocity, and relative speed.
    sigma_minor_m, sigma_major_m : ndarray of float64, (n,)
        Axes of the combined one-sigma ellipse in the encounter plane; NaN where no covariance is known.
    hard_body_radius_m : ndarray of float64, (n,)
        Combined hard-body radius.
    note : ndarray of uint8, (n,)
        Number of the reason in `NOTES`; 0 where there is a probability.
    method : str
        Method of `probability`.

    Examples
    --------
    >>> from gpuprop.screening.probability import NOTES
    >>> NOTES[3]
    'slow encounter: the relative path bends, a 2-D probability does not hold'
    """

    probability: Floats
    maximum: Floats
    sigma_factor: Floats
    diluted: NDArray[np.bool_]
    repaired: NDArray[np.bool_]
    miss_distance_m: Floats
    relative_speed_m_s: Floats
    sigma_minor_m: Floats
    sigma_major_m: Floats
    hard_body_radius_m: Floats
    note: NDArray[np.uint8]
    method: str

    def __len__(self) -> int:
        return len(self.probability)

    def take(self, rows: NDArray[np.int64]) -> Probabilities:
        """Return some rows, in the order given.

        Examples
        --------
        >>> import gpuprop, numpy as np
        >>> found = gpuprop.collision_probability(
        ...     r1_km=[[7000.0, 0, 0]], v1_km_s=[0, 7.5, 0], covariance_1_m2=None,
        ...     r2_km=[7001.0, 0, 0], v2_km_s=[0, 0, 7.5], covariance_2_m2=None, hard_body_radius_m=5)
        >>> len(found.take(np.array([0, 0])))
        2
        """
        columns = {name: getattr(self, name)[rows] for name in (*COLUMNS, "hard_body_radius_m")}
        return Probabilities(**columns, method=self.method)

    def notes(self) -> list[str]:
        """Return the reason of each row in words, empty where there is a probability.

        Examples
        --------
        >>> import gpuprop
        >>> gpuprop.collision_probability(
        ...     r1_km=[7000.0, 0, 0], v1_km_s=[0, 7.5, 0], covariance_1_m2=None,
        ...     r2_km=[7001.0, 0, 0], v2_km_s=[0, 0, 7.5], covariance_2_m2=None, hard_body_radius_m=5).notes()
        ['no covariance: only the maximum is given']
        """
        return [NOTES[code] for code in self.note.tolist()]


def collision_probability(
    *,
    r1_km: Any,
    v1_km_s: Any,
    covariance_1_m2: Any,
    r2_km: Any,
    v2_km_s: Any,
    covariance_2_m2: Any,
    hard_body_radius_m: Any,
    frame: Literal["ric", "inertial"] = "ric",
    method: Method = "foster",
    scaling: Scaling = "both",
    maximum: bool = True,
    slow: Literal["refuse", "compute"] = "refuse",
) -> Probabilities:
    """Compute the probability of collision of n encounters, from states at closest approach.

    Parameters
    ----------
    r1_km, v1_km_s, r2_km, v2_km_s : array_like
        States of both objects, (3,) or (n, 3), km and km/s, in one inertial frame, at or near TCA.
    covariance_1_m2, covariance_2_m2 : array_like or None
        Position covariances, (3, 3) or (n, 3, 3), m^2; of 6 x 6 matrices the position block is taken.
        None, or a matrix of NaN in a row, stands for unknown.
    hard_body_radius_m : array_like
        Combined hard-body radius, a number or (n,), m.
    frame : {"ric", "inertial"}
        Frame of the covariances: RIC of each object (RTN in CCSDS messages), or that of the states.
    method : {"foster", "chan", "alfano"}
        Foster's integral by the error function, good to ten digits; Chan's series of equivalent areas and
        Alfano's integral by Simpson's rule are cross-checks.
    scaling : {"both", "primary", "secondary"}
        Whose sigmas are scaled in the search for the maximum.
    maximum : bool
        False leaves the maximum out (NaN), which is several times faster.
    slow : {"refuse", "compute"}
        What to do where the relative path bends too much for a 2-D probability: NaN and a note, or the number
        all the same, with the note.

    Returns
    -------
    Probabilities
        One row per encounter. A row that cannot be computed has NaN and a note; it stops no other.

    Raises
    ------
    InputError
        Shapes do not fit together or a word is not known.

    Notes
    -----
    An encounter is slow where the gravity gradient bends the relative path by more than a tenth of
    hypot(smaller sigma, radius) while the pair crosses five sigmas of its uncertainty along the
    relative velocity. Both, the probability and its maximum, rest on a straight path.

    References
    ----------
    Foster and Estes, NASA JSC-25898 (1992); Chan, AAS 97-173 (1997); Alfano, J. Astronaut. Sci. 53 (2005);
    Frisbee, AAS 15-717 (2015).

    Examples
    --------
    >>> import numpy as np
    >>> from gpuprop import collision_probability
    >>> r, v = np.array([7000.0, 0.0, 0.0]), np.array([0.0, 7.5, 0.0])
    >>> found = collision_probability(
    ...     r1_km=r, v1_km_s=v, covariance_1_m2=np.eye(3) * 100.0**2,
    ...     r2_km=r + [0.1, 0.0, 0.0], v2_km_s=[0.0, 0.0, 7.5], covariance_2_m2=np.eye(3) * 100.0**2,
    ...     hard_body_radius_m=10.0)
    >>> float(found.probability[0].round(6)), float(found.miss_distance_m[0].round(6))
    (0.001945, 100.0)
    """
    _known(frame=(frame, ("ric", "inertial")), method=(method, ("foster", "chan", "alfano")))
    _known(scaling=(scaling, ("both", "primary", "secondary")), slow=(slow, ("refuse", "compute")))
    r, v, n = _states(r1_km=r1_km, r2_km=r2_km, v1_km_s=v1_km_s, v2_km_s=v2_km_s)
    radius = _per_row(hard_body_radius_m, n, "hard_body_radius_m")
    given = (covariance_1_m2, covariance_2_m2)
    covariance = [position_covariances(c, n, f"covariance_{k}_m2") for k, c in enumerate(given, 1)]
    columns = {name: np.empty(n, kind) for name, kind in COLUMNS.items()}

    def run(rows: slice) -> None:
        found = Rows(
            r=np.stack([part[rows] for part in r]),
            v=np.stack([part[rows] for part in v]),
            covariance=np.stack([part[rows] for part in covariance]),
            radius=radius[rows],
            in_ric=np.bool_(frame == "ric"),
            method=method,
            scaling=scaling if maximum else None,
            keep_slow=slow == "compute",
        )
        for name, values in found.run().items():
            columns[name][rows] = values

    size = max(1, min(_BLOCK_ROWS, -(-n // get_num_threads())))
    map_blocks(run, [slice(first, first + size) for first in range(0, n, size)])
    return Probabilities(**columns, hard_body_radius_m=radius, method=method)


def disk_probability(
    miss_m: Any, sigma_m: Any, *, hard_body_radius_m: Any, method: Method = "foster"
) -> NDArray[np.float64]:
    """Integrate a two-dimensional Gaussian over a disk: the probability in the encounter plane itself.

    Parameters
    ----------
    miss_m : array_like
        Miss along the two principal axes, (2,) or (n, 2), m.
    sigma_m : array_like
        One-sigma along the same axes, (2,) or (n, 2), m.
    hard_body_radius_m : array_like
        Radius of the disk, a number or (n,), m.
    method : {"foster", "chan", "alfano"}
        As in `collision_probability`.

    Returns
    -------
    ndarray
        Probabilities, (n,).

    Examples
    --------
    >>> from gpuprop.screening.probability import disk_probability
    >>> float(disk_probability([0.0, 10.0], [25.0, 50.0], hard_body_radius_m=5.0)[0].round(6))
    0.009742
    """
    _known(method=(method, ("foster", "chan", "alfano")))
    miss, sigma = np.broadcast_arrays(
        np.atleast_2d(np.asarray(miss_m, float)), np.atleast_2d(np.asarray(sigma_m, float))
    )
    if miss.ndim != 2 or miss.shape[1] != 2 or not (sigma >= 0.0).all() or not np.isfinite(miss).all():
        raise InputError("miss_m and sigma_m must be (2,) or (n, 2), finite, and no sigma below zero")
    radius = _per_row(hard_body_radius_m, len(miss), "hard_body_radius_m")
    plane = np.column_stack([miss, sigma[:, 0] ** 2, np.zeros(len(miss)), sigma[:, 1] ** 2])
    return integrate(plane, radius, method)


def _states(**given: Any) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats], int]:
    arrays = {}
    for name, values in given.items():
        try:
            arrays[name] = np.atleast_2d(np.asarray(values, np.float64))
        except (TypeError, ValueError):
            raise InputError(f"{name} is not an array of numbers") from None
        if arrays[name].ndim != 2 or arrays[name].shape[1] != 3:
            raise InputError(f"{name} has shape {np.shape(values)}; give (3,) or (n, 3)")
    lengths = {len(array) for array in arrays.values()} - {1}
    if len(lengths) > 1:
        sizes = ", ".join(f"{name} {len(array)}" for name, array in arrays.items())
        raise InputError(f"states differ in length: {sizes}")
    n = lengths.pop() if lengths else 1
    r1, r2, v1, v2 = (np.broadcast_to(array, (n, 3)) for array in arrays.values())
    return (r1, r2), (v1, v2), n


def _per_row(values: Any, n: int, name: str) -> Floats:
    try:
        array = np.asarray(values, np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name} is not a number or an array of numbers") from None
    if array.ndim > 1 or (array.ndim == 1 and len(array) not in (1, n)):
        raise InputError(f"{name} has shape {array.shape}; give a number or {n} of them")
    return np.array(np.broadcast_to(array, (n,)))


def _known(**words: tuple[str, tuple[str, ...]]) -> None:
    for name, (word, choices) in words.items():
        if word not in choices:
            raise InputError(f"{name} is {word!r}; choose one of {', '.join(map(repr, choices))}")
