"""How each propagator is called on the same objects and times: its fastest call, prepared beforehand."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from sgp4.api import WGS72, Satrec, SatrecArray

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

JD_1970 = 2440587.5
DAY_NS = 86_400_000_000_000
DAYS_1950_TO_1970 = 7306  # keplemon counts from 1949-12-31


@dataclass(frozen=True)
class Case:
    """Some objects at some times."""

    name: str
    file: Path  # the element sets, two lines each
    lines: list[tuple[str, str]]
    times_ns: NDArray[np.int64]

    @property
    def n_states(self) -> int:
        return len(self.lines) * len(self.times_ns)

    def satrecs(self) -> list[Satrec]:
        return [Satrec.twoline2rv(first, second, WGS72) for first, second in self.lines]

    def julian(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        days, rest = np.divmod(self.times_ns, DAY_NS)
        return days + JD_1970, rest / DAY_NS

    def minutes(self) -> NDArray[np.float64]:
        """Return minutes since each object's epoch, (n_sat, n_time)."""
        jd, fr = self.julian()
        epochs = [(record.jdsatepoch, record.jdsatepochF) for record in self.satrecs()]
        return np.array([((jd - whole) + (fr - part)) * 1440.0 for whole, part in epochs])


@dataclass(frozen=True)
class Prepared:
    """A call ready to be timed, and where its answer lies afterwards."""

    run: Callable[[], object]
    positions: Callable[[], NDArray[np.float64]]  # (n_sat, n_time, 3) km
    note: str = ""
    # The objects it is called for, where all would take minutes
    rows: slice = field(default_factory=lambda: slice(None))


def reference_positions(case: Case, columns: NDArray[np.int64]) -> NDArray[np.float64]:
    """Positions by python-sgp4 at some of the times; NaN where it reports an error."""
    jd, fr = case.julian()
    error, r, _ = SatrecArray(case.satrecs()).sgp4(jd[columns], fr[columns])
    r[error != 0] = np.nan
    return r


def python_sgp4(case: Case) -> Prepared:
    array = SatrecArray(case.satrecs())
    jd, fr = case.julian()
    kept: dict[str, Any] = {}

    def run() -> None:
        kept["out"] = array.sgp4(jd, fr)

    def positions() -> NDArray[np.float64]:
        error, r, _ = kept["out"]
        return np.where((error == 0)[..., None], r, np.nan)

    return Prepared(run, positions)


def gpuprop_engine(case: Case) -> Prepared:
    """The engine with elements initialized and output allocated, as the peers are called."""
    import gpuprop
    from gpuprop.propagation import prepare

    catalog = gpuprop.Catalog.read(case.file, duplicates="all")
    engine, model = prepare(catalog, "cpu", "improved", "float64")
    shape = (len(case.lines), len(case.times_ns))
    r, v, status = np.empty((*shape, 3)), np.empty((*shape, 3)), np.empty(shape, np.uint8)
    return Prepared(partial(engine.propagate, model, case.times_ns, r, v, status), lambda: r)


def gpuprop_call(case: Case) -> Prepared:
    """The public function: initializes and allocates at every call."""
    import gpuprop

    catalog = gpuprop.Catalog.read(case.file, duplicates="all")
    times = case.times_ns.view("datetime64[ns]")
    kept: dict[str, Any] = {}

    def run() -> None:
        kept["states"] = gpuprop.propagate(catalog, times, engine="cpu", mode="improved")

    return Prepared(run, lambda: kept["states"].r, "initializes and allocates at every call")


def heyoka(case: Case) -> Prepared | None:
    """SIMD across objects, TBB across times; near-Earth objects only."""
    from heyoka.model import sgp4_propagator

    if case.name in ("deep", "mixed"):
        return None
    propagator = sgp4_propagator(case.satrecs())
    minutes = np.ascontiguousarray(case.minutes().T)
    out = np.empty((len(case.times_ns), 7, len(case.lines)))

    def positions() -> NDArray[np.float64]:
        return np.where((out[:, 6] == 0)[:, None], out[:, :3], np.nan).transpose(2, 0, 1)

    return Prepared(lambda: propagator(minutes, out=out), positions, "near-Earth only")


def astroz(case: Case) -> Prepared:
    """Native calls into preallocated arrays: batches near the Earth, one batch of deep-space objects."""
    from astroz import _astroz

    records = [_astroz.Satrec.twoline2rv(first, second) for first, second in case.lines]
    near = [row for row, record in enumerate(records) if not record.is_deep_space and record.error == 0]
    deep = [row for row, record in enumerate(records) if record.is_deep_space]
    jd, fr = case.julian()
    minutes = (case.times_ns - case.times_ns[0]) / 6e10
    parts: list[tuple[list[int], NDArray[np.float64], Callable[[], object]]] = []
    if near:
        r, v = np.empty((2, len(near), len(minutes), 3))
        batch = _astroz.Sgp4Constellation([records[row] for row in near], gravity_model=_astroz.WGS72)
        offsets = np.ascontiguousarray(case.minutes()[near, 0])
        parts.append((near, r, partial(batch.propagate_into, minutes, r, v, epoch_offsets=offsets)))
    if deep:
        r, v = np.empty((2, len(deep), len(minutes), 3))
        some = [records[row] for row in deep]
        parts.append((deep, r, partial(_astroz.sdp4_batch_propagate_into, some, jd, fr, r, v)))

    def positions() -> NDArray[np.float64]:
        whole = np.full((len(records), len(minutes), 3), np.nan)
        for rows, r, _ in parts:
            whole[rows] = r
        return whole

    return Prepared(lambda: [call() for _, _, call in parts], positions)


def astroz_drop_in(case: Case) -> Prepared:
    """The same package through its stand-in for sgp4.api."""
    from astroz import api

    array = api.SatrecArray([api.Satrec.twoline2rv(first, second) for first, second in case.lines])
    jd, fr = case.julian()
    kept: dict[str, Any] = {}

    def run() -> None:
        kept["out"] = array.sgp4(jd, fr)

    def positions() -> NDArray[np.float64]:
        error, r, _ = kept["out"]
        return np.where((np.asarray(error) == 0)[..., None], r, np.nan)

    return Prepared(run, positions, "allocates at every call")


def satkit(case: Case) -> Prepared:
    import satkit as sk

    text = [line for pair in case.lines for line in pair]
    objects = sk.TLE.from_lines(text)
    times = [sk.time.from_unixtime(float(ns) / 1e9) for ns in case.times_ns]
    kept: dict[str, Any] = {}

    def run() -> None:
        kept["out"] = sk.sgp4(objects, times, opsmode=sk.sgp4_opsmode.improved, errflag=True)

    def positions() -> NDArray[np.float64]:
        shape = (len(case.lines), len(case.times_ns))
        r = kept["out"][0].reshape(*shape, 3) / 1e3
        return np.where((kept["out"][2].reshape(shape) == 0)[..., None], r, np.nan)

    return Prepared(run, positions)


def dsgp4(case: Case) -> Prepared | None:
    """Tensors of (object, time) rows in float64; near-Earth objects only, a thousand of them."""
    import torch
    from dsgp4 import initialize_tle, propagate, propagate_batch
    from dsgp4.tle import TLE

    if case.name in ("deep", "mixed"):
        return None
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    rows = few(case, 1000)
    objects = [TLE(["", *lines]) for lines in case.lines[rows]]
    n_times = len(case.times_ns)
    minutes = torch.from_numpy(np.ascontiguousarray(case.minutes()[rows])).reshape(-1)
    if len(objects) == 1:
        initialize_tle(objects[0], gravity_constant_name="wgs-72")
        call = partial(propagate, objects[0], minutes)
    else:
        _, batch = initialize_tle(
            [tle for tle in objects for _ in range(n_times)], gravity_constant_name="wgs-72"
        )
        call = partial(propagate_batch, batch, minutes)
    kept: dict[str, Any] = {}

    def run() -> None:
        with torch.no_grad():
            kept["out"] = call()

    def positions() -> NDArray[np.float64]:
        return kept["out"].numpy().reshape(len(objects), n_times, 2, 3)[:, :, 0]

    return Prepared(run, positions, "one row per (object, time), repeated beforehand", rows)


def keplemon(case: Case) -> Prepared:
    """The official library behind Python objects, one per state: a few thousand states are enough."""
    import keplemon as package
    from keplemon.elements import TLE
    from keplemon.time import Epoch, TimeSystem

    package.set_thread_count(len(os.sched_getaffinity(0)))
    rows = few(case, max(1, 200_000 // len(case.times_ns)))
    objects = [TLE.from_lines(*lines) for lines in case.lines[rows]]
    days = case.times_ns / DAY_NS + DAYS_1950_TO_1970
    epochs = [Epoch.from_days_since_1950(float(day), TimeSystem.UTC) for day in days]
    kept: dict[str, Any] = {}

    def lasts(tle: Any) -> bool:
        try:
            tle.propagate_to_epochs([epochs[0], epochs[-1]])
        except ValueError:
            return False
        return True

    # One object that fails at one time ends the whole batch.
    lasting = [row for row, tle in enumerate(objects) if lasts(tle)]
    some = [objects[row] for row in lasting]

    def run() -> None:
        kept["out"] = TLE.propagate_batch(some, epochs)

    def vector(state: Any) -> tuple[float, float, float]:
        return (state.position.x, state.position.y, state.position.z) if state is not None else (np.nan,) * 3

    def positions() -> NDArray[np.float64]:
        r = np.full((len(objects), len(epochs), 3), np.nan)
        r[lasting] = [[vector(state) for state in states] for states in kept["out"]]
        return r

    return Prepared(run, positions, "official SAAL library", rows)


def few(case: Case, n: int) -> slice:
    """Return about n of the objects, spread over all."""
    return slice(None, None, max(1, len(case.lines) // n))


PROPAGATORS: dict[str, Callable[[Case], Prepared | None]] = {
    "python-sgp4": python_sgp4,
    "gpuprop": gpuprop_engine,
    "gpuprop.propagate": gpuprop_call,
    "heyoka": heyoka,
    "astroz": astroz,
    "astroz drop-in": astroz_drop_in,
    "satkit": satkit,
    "dsgp4": dsgp4,
    "keplemon": keplemon,
}
PACKAGES = {
    "python-sgp4": "sgp4",
    "gpuprop.propagate": "gpuprop",
    "astroz drop-in": "astroz",
}  # where the names differ
