"""States: what propagation returns, and what the status codes mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["STATUS_MEANINGS", "States"]

STATUS_MEANINGS: dict[int, str] = {
    0: "usable",
    1: "mean eccentricity outside the range 0 to 1 (SGP4)",
    2: "mean motion not above zero (SGP4)",
    3: "perturbed eccentricity outside the range 0 to 1 (SGP4)",
    4: "semilatus rectum below zero (SGP4)",
    6: "decayed: below the surface of the Earth (SGP4)",
    7: "not a physical orbit of this object, although SGP4 reports no error",
    8: "failed at a time nearer to its epoch, although SGP4 reports no error here",
    9: "element set not usable",
    10: "no ephemeris: outside the span of its segment",
}


@dataclass(frozen=True, eq=False, repr=False)
class States:
    """Positions and velocities of objects at times, with one status each.

    Attributes
    ----------
    r : array of float64, shape (n_sat, n_time, 3)
        Position, km, in the frame of SGP4 (TEME: true equator, mean equinox of date).
    v : array of float64, shape (n_sat, n_time, 3), or None
        Velocity, km/s, in the same frame; None where it was not asked for.
    status : array of uint8, shape (n_sat, n_time)
        0 where the state is usable, otherwise a code of `STATUS_MEANINGS`; the state is
        then NaN.

    Notes
    -----
    The arrays are where they were computed: NumPy's from the CPU engine, CuPy's from the CUDA
    engine, which other GPU libraries take through DLPack and ``__cuda_array_interface__``.

    Examples
    --------
    >>> import gpuprop
    >>> catalog = gpuprop.Catalog.sample()[:3]
    >>> states = gpuprop.propagate(catalog, "2024-11-01T12:00Z")
    >>> states.r.shape, states.status.tolist()
    ((3, 1, 3), [[0], [0], [0]])
    """

    r: npt.NDArray[np.float64]
    v: npt.NDArray[np.float64] | None
    status: npt.NDArray[np.uint8]

    @property
    def shape(self) -> tuple[int, int]:
        """Number of objects and number of times.

        Examples
        --------
        >>> import gpuprop
        >>> gpuprop.propagate(gpuprop.Catalog.sample()[:2], ["2024-11-01", "2024-11-02"]).shape
        (2, 2)
        """
        return self.status.shape[0], self.status.shape[1]

    def to_numpy(self) -> States:
        """Return the states with NumPy arrays, copied from the GPU if that is where they are.

        Examples
        --------
        >>> import gpuprop
        >>> states = gpuprop.propagate(gpuprop.Catalog.sample()[:1], "2024-11-01")
        >>> type(states.to_numpy().r).__name__
        'ndarray'
        """
        return States(_on_host(self.r), None if self.v is None else _on_host(self.v), _on_host(self.status))

    def __repr__(self) -> str:
        n_sat, n_time = self.shape
        usable = int((self.status == 0).sum())
        what = "position" if self.v is None else "position and velocity"
        return f"<States: {n_sat} objects x {n_time} times, {what}, {usable} of {n_sat * n_time} usable>"


def _on_host(array: Any) -> Any:
    """Return an array as NumPy's; CuPy's have `get`."""
    return array.get() if hasattr(array, "get") else array
