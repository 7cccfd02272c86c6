"""How each propagator is called on the same objects and times: its fastest call, prepared beforehand."""

from __future__ import annotations

from dataclasses import dataclass
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


PROPAGATORS: dict[str, Callable[[Case], Prepared | None]] = {
    "python-sgp4": python_sgp4,
    "gpuprop": gpuprop_engine,
    "gpuprop.propagate": gpuprop_call,
    "heyoka": heyoka,
    "astroz": astroz,
    "satkit": satkit,
}
PACKAGES = {"python-sgp4": "sgp4", "gpuprop.propagate": "gpuprop"}  # where the names differ
