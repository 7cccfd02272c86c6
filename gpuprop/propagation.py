"""Propagation of whole catalogs: arguments checked, engine chosen, states handed back."""

from __future__ import annotations

import threading
import weakref
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from gpuprop.catalog import Catalog
from gpuprop.engines import get_engine
from gpuprop.errors import GpupropError, InputError
from gpuprop.states import States
from gpuprop.timescale import to_ns

__all__ = ["drag_factor", "propagate", "propagate_since_epoch"]

Engine = Literal["auto", "cpu", "cuda"]
Mode = Literal["afspc", "improved"]
Precision = Literal["float64", "mixed"]
Task = Literal["propagation", "screening", "few primaries"]
Out = States | tuple[npt.NDArray[np.float64], npt.NDArray[np.float64] | None, npt.NDArray[np.uint8]]

# Beyond this the count of nanoseconds since the epoch leaves int64
_MAX_MINUTES = 153_722_867.0


def propagate(
    catalog: Catalog,
    times: Any,
    *,
    engine: Engine = "auto",
    mode: Mode = "afspc",
    precision: Precision = "float64",
    velocity: bool = True,
    out: Out | None = None,
) -> States:
    """Propagate every object of a catalog to every time.

    Parameters
    ----------
    catalog : Catalog
        n_sat objects.
    times : time or sequence of times
        n_time instants in any form that `gpuprop.timescale.to_ns` takes: ``datetime64``,
        ``datetime``, ISO 8601 strings, a ``(jd, fr)`` pair, astropy ``Time``. Any order.
    engine : {"auto", "cpu", "cuda"}
        Where to compute.
    mode : {"afspc", "improved"}
        ``"afspc"`` is how the published element sets were made and what the official Sgp4Prop
        computes. ``"improved"`` is python-sgp4's default; it is kilometres off for some
        drifting low-inclination deep-space objects.
    precision : {"float64", "mixed"}
        ``"mixed"`` is for the CUDA engine, on cards that are slow in float64: it computes part of a
        near-Earth state in float32 and stays within 5 cm of float64 up to 30 days from epoch.
        Objects in deep space or with strong drag are computed in float64 all the same.
    velocity : bool
        False leaves velocities out, which is faster and halves the memory.
    out : States or (r, v, status), optional
        Arrays to write into and return, C-contiguous, of the shapes and types of `States`.

    Returns
    -------
    States
        Positions and velocities in TEME, km and km/s, with a status each. What one object's state
        is does not depend on the other objects or times asked for.

    Raises
    ------
    InputError
        If an argument cannot be used.
    EngineUnavailable
        If the engine asked for cannot run here.
    GpupropError
        If the result does not fit into memory.

    Notes
    -----
    SGP4 and SDP4 with the constants of WGS-72 (Spacetrack Report No. 3; AIAA 2006-6753).
    States agree with python-sgp4 in the same mode within 1 mm over the first day and 1 cm over
    30 days for objects that are not about to decay.

    Examples
    --------
    >>> import gpuprop
    >>> catalog = gpuprop.Catalog.sample().select(ids=[25544])
    >>> states = gpuprop.propagate(catalog, ["2024-11-01T00:00Z", "2024-11-01T00:10Z"])
    >>> states.r.shape
    (1, 2, 3)
    """
    times_ns = to_ns(times)
    chosen, model = prepare(catalog, engine, mode, precision)
    r, v, status = _arrays(chosen.xp, (len(catalog), len(times_ns)), out, velocity=velocity)
    chosen.propagate(model, times_ns, r, v, status, **_asked(precision))
    return States(r, v, status)


def propagate_since_epoch(
    catalog: Catalog,
    minutes: npt.ArrayLike,
    *,
    engine: Engine = "auto",
    mode: Mode = "afspc",
    precision: Precision = "float64",
    velocity: bool = True,
    out: Out | None = None,
) -> States:
    """Propagate every object by the same minutes since its own epoch.

    Parameters
    ----------
    catalog : Catalog
        n_sat objects.
    minutes : array_like of float, shape (n_time,)
        Minutes since each object's epoch, negative before it, in any order.
    engine, mode, precision, velocity, out
        As in `propagate`.

    Returns
    -------
    States
        As from `propagate`.

    Raises
    ------
    InputError
        If an argument cannot be used.
    EngineUnavailable
        If the engine asked for cannot run here.

    Examples
    --------
    >>> import gpuprop
    >>> catalog = gpuprop.Catalog.sample()[:2]
    >>> gpuprop.propagate_since_epoch(catalog, [0.0, 360.0, 720.0]).status.tolist()
    [[0, 0, 0], [0, 0, 0]]
    """
    checked = _minutes(minutes)
    chosen, model = prepare(catalog, engine, mode, precision)
    r, v, status = _arrays(chosen.xp, (len(catalog), len(checked)), out, velocity=velocity)
    chosen.propagate_minutes(model, checked, r, v, status, **_asked(precision))
    return States(r, v, status)


def drag_factor(catalog: Catalog, times: Any, *, mode: Mode = "afspc") -> npt.NDArray[np.float64]:
    """Tell how far drag has changed each orbit, and so how well its states are conditioned.

    SGP4 multiplies the semi-major axis by the square of this factor. Where it differs from 1 by more than
    2 %, the state is ill-conditioned: it hangs on powers of the time since epoch, two programs that agree to
    micrometres elsewhere may differ by metres, and the object is about to decay or its elements are too old.

    Parameters
    ----------
    catalog : Catalog
        n_sat objects.
    times : time or sequence of times
        As in `propagate`.
    mode : {"afspc", "improved"}
        As in `propagate`.

    Returns
    -------
    ndarray of float64, shape (n_sat, n_time)
        1 without drag; NaN for element sets that are not usable.

    Raises
    ------
    InputError
        If an argument cannot be used.

    Examples
    --------
    >>> import gpuprop
    >>> catalog = gpuprop.Catalog.sample()
    >>> factor = gpuprop.drag_factor(catalog, "2024-11-02")
    >>> int((abs(factor - 1) > 0.02).sum())
    8
    """
    times_ns = to_ns(times)
    cpu, model = prepare(catalog, "cpu", mode, "float64")
    return cpu.drag_factor(model, times_ns)


def prepare(
    catalog: Catalog, engine: str, mode: str, precision: str, *, task: Task = "propagation"
) -> tuple[Any, Any]:
    """Check the choices; return the engine, its code compiled for a task, and the catalog as its model.

    The model that an engine made last is kept as long as its catalog lives: its constants, and what it
    learns of objects and times, stay where they are computed with.
    """
    if not isinstance(catalog, Catalog):
        raise InputError(f"catalog is {type(catalog).__name__}; give a gpuprop.Catalog")
    chosen = get_engine(engine)
    if precision not in chosen.precisions:
        *others, last = map(repr, chosen.precisions)
        known = f"{', '.join(others)} or {last}" if others else f"{last} alone"
        raise InputError(f"precision is {precision!r}; the {chosen.name.upper()} engine computes in {known}")
    chosen.make_ready(task)
    return chosen, _resident.model(catalog, chosen, mode)


class _Resident:
    """Holds the model that each engine made last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[weakref.ref[Catalog], tuple[Any, str], Any]] = {}

    def model(self, catalog: Catalog, engine: Any, mode: str) -> Any:
        key = engine.xp, mode
        with self._lock:
            kept = self._kept.get(engine.name)
        if kept is not None and kept[0]() is catalog and kept[1] == key:
            return kept[2]
        made = _initialized(catalog, engine, mode)
        with self._lock:
            self._kept[engine.name] = weakref.ref(catalog, self._drop), key, made
        return made

    def _drop(self, reference: weakref.ref[Catalog]) -> None:
        for name, kept in list(self._kept.items()):
            if kept[0] is reference:
                self._kept.pop(name, None)


_resident = _Resident()


def _initialized(catalog: Catalog, engine: Any, mode: str) -> Any:
    return engine.initialize(
        epoch_ns=catalog.epoch,
        mean_motion=catalog.mean_motion,
        eccentricity=catalog.eccentricity,
        inclination=catalog.inclination,
        ra_of_asc_node=catalog.ra_of_asc_node,
        arg_of_pericenter=catalog.arg_of_pericenter,
        mean_anomaly=catalog.mean_anomaly,
        bstar=catalog.bstar,
        mode=mode,
    )


def _asked(precision: Precision) -> dict[str, str]:
    """Return the precision as an argument, for engines that know more than one."""
    return {} if precision == "float64" else {"precision": precision}


def _minutes(minutes: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Check minutes since epoch."""
    try:
        checked = np.atleast_1d(np.asarray(minutes, dtype=np.float64))
    except (TypeError, ValueError):
        raise InputError("minutes: give numbers of minutes since epoch") from None
    if checked.ndim != 1:
        raise InputError(f"minutes has {checked.ndim} dimensions; give one number or a sequence of them")
    bad = ~(np.abs(checked) <= _MAX_MINUTES)
    if bad.any():
        where = int(np.argmax(bad))
        raise InputError(
            f"minutes[{where}] is {checked[where]}; give finite numbers within 292 years of epoch"
        )
    return np.ascontiguousarray(checked)


def _arrays(xp: Any, shape: tuple[int, int], out: Out | None, *, velocity: bool) -> tuple[Any, Any, Any]:
    """Allocate the output where the engine computes, or check what the caller gave."""
    if out is None:
        return _allocated(xp, shape, velocity=velocity)
    r, v, status = (out.r, out.v, out.status) if isinstance(out, States) else _three(out)
    _check(xp, r, "r", (*shape, 3), np.float64)
    _check(xp, status, "status", shape, np.uint8)
    if velocity:
        if v is None:
            raise InputError("out has no array for velocities; give one, or velocity=False")
        _check(xp, v, "v", (*shape, 3), np.float64)
    if xp.shares_memory(r, v if velocity and v is not None else status):
        raise InputError("out: two of its arrays share memory; give each its own")
    return r, v if velocity else None, status


def _allocated(xp: Any, shape: tuple[int, int], *, velocity: bool) -> tuple[Any, Any, Any]:
    try:
        r = xp.empty((*shape, 3))
        return r, xp.empty_like(r) if velocity else None, xp.empty(shape, np.uint8)
    except MemoryError as error:
        size = shape[0] * shape[1] * (49 if velocity else 25)
        raise GpupropError(
            f"{shape[0]:,} objects at {shape[1]:,} times take {size / 1e9:,.1f} GB, more memory than "
            "there is; ask for fewer times at once, or velocity=False"
        ) from error


def _three(out: Any) -> Any:
    if not isinstance(out, tuple) or len(out) != 3:
        raise InputError("out must be a States or a tuple (r, v, status) of arrays")
    return out


def _check(xp: Any, array: Any, part: str, shape: tuple[int, ...], dtype: type) -> None:
    """Refuse an output array that the engine cannot write into as it is."""
    if not isinstance(array, xp.ndarray):
        kind = "NumPy" if xp is np else "CuPy"
        raise InputError(f"out: {part} is {type(array).__name__}; give a {kind} array")
    if array.shape != shape or array.dtype != dtype:
        raise InputError(
            f"out: {part} has shape {array.shape} and type {array.dtype}; "
            f"it needs {shape} and {np.dtype(dtype).name}"
        )
    if not array.flags.c_contiguous or not getattr(array.flags, "writeable", True):
        raise InputError(f"out: {part} is not C-contiguous and writeable; give it as np.empty makes it")
