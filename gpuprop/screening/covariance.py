"""Position covariances: checked, repaired where that is safe, or modelled where there are none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gpuprop.engines.cpu import encounter_plane as plane
from gpuprop.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["COVARIANCE_MODELS", "model_covariance"]

COVARIANCE_MODELS = {
    "coarse-age": (
        "in-track sigma 1 km at epoch plus 2 km for each day of age, "
        "radial and cross-track sigma a third of a km: indicative only"
    )
}
"""Models of the position covariance of an element set, by name, and what each says."""

# Eigenvalues below zero by more than this part of the largest are no rounding of a covariance
_REPAIRABLE = 1e-3


def model_covariance(age_days: Any, *, model: str = "coarse-age") -> NDArray[np.float64]:
    """Return a guess at the position covariance of element sets, which are published without one.

    ``"coarse-age"`` puts into numbers what is commonly said of element sets: about 1 km at epoch, growing by
    1 to 3 km a day along the track (documentation of python-sgp4); radial and cross-track are a third of the
    value at epoch (the axis ratio 1:3:1 that CelesTrak's SOCRATES assumes) and do not grow. Real errors are
    biased, correlated in time and blind to manoeuvres. A probability made with it is indicative, no more.

    Parameters
    ----------
    age_days : array_like
        Age of each element set at the time in question, days, (n,); the sign does not matter.
    model : {"coarse-age"}
        Name of the model.

    Returns
    -------
    ndarray
        Covariances (n, 3, 3), m^2, in the RIC frame of each object.

    Raises
    ------
    InputError
        No such model, or an age that is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from gpuprop.screening.covariance import model_covariance
    >>> np.sqrt(np.diagonal(model_covariance([1.5])[0])).round().tolist()
    [333.0, 4000.0, 333.0]
    """
    if model not in COVARIANCE_MODELS:
        raise InputError(f"model is {model!r}; the covariance models are {', '.join(COVARIANCE_MODELS)}")
    age = np.abs(np.atleast_1d(np.asarray(age_days, np.float64)))
    if not np.isfinite(age).all():
        raise InputError("age_days has values that are not finite numbers")
    result = np.zeros((len(age), 3, 3))
    result[:, 0, 0] = result[:, 2, 2] = (1000.0 / 3.0) ** 2
    result[:, 1, 1] = (1000.0 + 2000.0 * age) ** 2
    return result


def position_covariances(values: Any, n: int, name: str) -> NDArray[np.float64]:
    """View an argument as (n, 3, 3), not to be written to; None becomes NaN, which stands for unknown."""
    if values is None:
        return np.broadcast_to(np.nan, (n, 3, 3))
    try:
        array = np.asarray(values, np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name} is not an array of numbers") from None
    if array.ndim not in (2, 3) or array.shape[-2:] not in ((3, 3), (6, 6)):
        raise InputError(f"{name} has shape {array.shape}; give (3, 3) or (n, 3, 3), or the same with 6")
    if array.ndim == 3 and len(array) != n:
        raise InputError(f"{name} has {len(array)} matrices for {n} rows; give one for each, or one for all")
    return np.broadcast_to(array[..., :3, :3], (n, 3, 3))


def checked(covariance: NDArray[np.float64]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Say what each covariance (n, 3, 3), m^2, is, and repair in place what can be repaired.

    Returns the kinds of `engines.cpu.encounter_plane` and which rows were repaired: negative eigenvalues
    no larger than a thousandth of the largest one are set to zero.
    """
    kind = np.empty(len(covariance), np.uint8)
    plane.inspect_covariances(covariance, kind)
    repaired = np.zeros(len(covariance), np.bool_)
    rows = np.flatnonzero(kind == plane.NEGATIVE)
    if len(rows):
        values, vectors = np.linalg.eigh(covariance[rows])
        safe = (values[:, 2] > 0.0) & (-values[:, 0] <= _REPAIRABLE * values[:, 2])
        clipped = np.einsum("nij,nj,nkj->nik", vectors, np.maximum(values, 0.0), vectors)
        covariance[rows[safe]] = clipped[safe]
        repaired[rows[safe]] = True
        kind[rows[safe]] = plane.USABLE
    return kind, repaired


def with_velocity(position_m2: Any, r_km: Any, v_km_s: Any) -> NDArray[np.float64]:
    """Extend modelled position covariances by velocity, as if the offset turned with the radius vector.

    Parameters
    ----------
    position_m2 : array_like
        Position covariances (n, 3, 3), m^2, RIC.
    r_km, v_km_s : array_like
        States of the objects, (n, 3).

    Returns
    -------
    ndarray
        Covariances (n, 6, 6), RIC, m^2, m^2/s and m^2/s^2: the relative velocity is omega x offset, and
        cross-track it is as large as an oscillation of that offset at the orbital rate, uncorrelated with it.

    Examples
    --------
    >>> import numpy as np
    >>> full = with_velocity([np.diag([1.0, 4.0, 9.0])], [[7000.0, 0.0, 0.0]], [[0.0, 7.0, 0.0]])
    >>> np.sqrt(np.diagonal(full[0])).round(4).tolist()
    [1.0, 2.0, 3.0, 0.002, 0.001, 0.003]
    """
    c = np.asarray(position_m2, np.float64)
    r = np.asarray(r_km, np.float64)
    momentum = np.linalg.norm(np.cross(r, np.asarray(v_km_s, np.float64)), axis=1)
    rate = momentum / np.einsum("ni,ni->n", r, r)
    turn = np.zeros_like(c)
    turn[:, 0, 1], turn[:, 1, 0] = -rate, rate
    result = np.zeros((len(c), 6, 6))
    result[:, :3, :3] = c
    result[:, 3:, :3] = turn @ c
    result[:, :3, 3:] = np.swapaxes(result[:, 3:, :3], 1, 2)
    result[:, 3:, 3:] = turn @ c @ np.swapaxes(turn, 1, 2)
    result[:, 5, 5] = rate**2 * c[:, 2, 2]
    return result
