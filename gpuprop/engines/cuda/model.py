"""A catalog made ready for propagation, its constants resident on the device."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from gpuprop.engines.cpu import rows
from gpuprop.engines.cpu.constants import NS_PER_DAY, RADIUSEARTHKM
from gpuprop.engines.cuda.blocks import in_halves, slices
from gpuprop.engines.cuda.history import DEEP, NEAR, RESONANT, History

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpuprop.engines.cuda.device import Device

__all__ = ["Group", "Model"]

_KERNELS = {NEAR: "near_earth", DEEP: "deep_space", RESONANT: "resonance"}
_N_ROWS = {NEAR: rows.N_NEAR, DEEP: rows.N_CONSTANTS, RESONANT: rows.N_CONSTANTS}
# Neighbours in a warp then need about as many passes of Kepler's equation
_ECCENTRICITY_CLASSES = 20
_UNIX_JD = 2440587.5
_N_ELEMENTS = 9


@dataclass(eq=False)
class Group:
    """The objects of one regime, those of similar eccentricity together; an object's place is its slot.

    Attributes
    ----------
    kind : int
        1 near-Earth, 2 deep space, 3 deep space with resonance.
    first : int
        Rank of slot 0: how many objects the groups before hold.
    objects, epoch_ns : array of int64, shape (n,)
        Catalog rows, and epochs in ns UTC.
    table, resonance : array of float64, shapes (rows, n)
        Constants, and those of the resonance integrator (no columns for other groups).
    """

    device: Device
    kind: int
    first: int
    objects: Any
    epoch_ns: Any
    table: Any
    resonance: Any
    history: History = field(init=False)

    def __post_init__(self) -> None:
        self.history = History(self.device, self)

    def take(self, slots: Any) -> Group:
        """Return some of the objects as a group with a history of its own."""
        table, resonance = (
            self.device.xp.ascontiguousarray(a[:, slots]) for a in (self.table, self.resonance)
        )
        return Group(
            self.device, self.kind, self.first, self.objects[slots], self.epoch_ns[slots], table, resonance
        )

    @property
    def n(self) -> int:
        """Number of objects."""
        return len(self.objects)

    @property
    def kernel(self) -> str:
        """First part of the names of the group's kernels."""
        return _KERNELS[self.kind]


@dataclass(frozen=True, eq=False)
class Model:
    """What `CudaEngine.initialize` returns.

    Attributes
    ----------
    epoch_ns : ndarray of int64, shape (n,)
        Epochs, ns UTC, on the host.
    a_km : ndarray of float64, shape (n,)
        Mean semi-major axis at epoch, km, on the host; NaN where the element set is not usable.
    regime : ndarray of uint8, shape (n,)
        0 not usable, 1 near-Earth, 2 deep space, 3 deep space with resonance; on the host.
    mode : str
        As initialized.
    groups : tuple of Group
        One for each regime, also where it has no objects.
    order, rank : array of int64, shape (n,)
        Catalog rows in the order of the groups, unusable ones last; and the reverse. On the device.
    """

    epoch_ns: npt.NDArray[np.int64]
    a_km: npt.NDArray[np.float64]
    regime: npt.NDArray[np.uint8]
    mode: str
    groups: tuple[Group, ...]
    order: Any
    rank: Any

    def __len__(self) -> int:
        return len(self.epoch_ns)

    @property
    def n_usable(self) -> int:
        """Number of objects that can be propagated; their ranks come first."""
        return sum(group.n for group in self.groups)

    def split(self, ranks: Any, xp: Any) -> Iterator[tuple[Group, Any, Any]]:
        """Sort a list of ranks into groups: group, slots in it, places in the list."""
        for group in self.groups:
            places = xp.flatnonzero((ranks >= group.first) & (ranks < group.first + group.n))
            if len(places):
                yield group, ranks[places] - group.first, places


def build(device: Device, elements: npt.NDArray[np.float64], epoch_ns: Any, mode: str) -> Model:
    """Initialize element sets (9, n) on the device and sort them into groups."""
    xp, n = device.xp, elements.shape[1]
    bytes_each = 8 * (_N_ELEMENTS + rows.N_CONSTANTS + rows.N_RESONANCE) * 2

    def run(piece: slice) -> tuple[Any, dict[int, tuple[Any, Any, Any]]]:
        return _initialized(device, elements[:, piece], piece.start, mode)

    parts = [
        part
        for block in slices(device, n, bytes_each)
        for part in in_halves(device, run, block)
    ]  # fmt: skip
    regime = xp.concatenate([part[0] for part in parts]) if parts else xp.zeros(0, np.uint8)
    epochs = xp.asarray(epoch_ns)
    groups, a_km = [], xp.full(n, np.nan)
    first = 0
    for kind in (NEAR, DEEP, RESONANT):
        objects, table, resonance = (
            xp.concatenate([part[1][kind][column] for part in parts], axis=-1) if parts else empty
            for column, empty in enumerate(_nothing(xp, kind))
        )
        similar = xp.argsort(xp.floor(_ECCENTRICITY_CLASSES * table[rows.ECCO]), kind="stable")
        objects = objects[similar]
        table = xp.ascontiguousarray(table[:, similar])
        a_km[objects] = table[rows.SQRT_AO] ** 2 * RADIUSEARTHKM
        groups.append(
            Group(
                device,
                kind,
                first,
                objects,
                xp.ascontiguousarray(epochs[objects]),
                table,
                xp.ascontiguousarray(resonance[:, similar] if kind == RESONANT else resonance),
            )
        )
        first += len(objects)
    order = xp.concatenate([*(group.objects for group in groups), xp.flatnonzero(regime == 0)])
    rank = xp.empty(n, np.int64)
    rank[order] = xp.arange(n)
    host_regime, host_a = device.to_host(regime), device.to_host(a_km)
    device.synchronize()
    return Model(np.asarray(epoch_ns), host_a, host_regime, mode, tuple(groups), order, rank)


def _initialized(
    device: Device, elements: npt.NDArray[np.float64], first: int, mode: str
) -> tuple[Any, dict[int, tuple[Any, Any, Any]]]:
    """Initialize a piece: regimes, and for each of them catalog rows, constants and those of resonance."""
    xp, n = device.xp, elements.shape[1]
    on_device = xp.asarray(np.ascontiguousarray(elements))
    table, resonance = xp.empty((rows.N_CONSTANTS, n)), xp.empty((rows.N_RESONANCE, n))
    regime = xp.empty(n, np.uint8)
    improved = np.int32(mode == "improved")
    device.launch("initialize_objects", n, on_device, n, improved, table, resonance, regime)
    groups = {}
    for kind in (NEAR, DEEP, RESONANT):
        columns = xp.flatnonzero(regime == kind)
        wanted = columns if kind == RESONANT else columns[:0]
        groups[kind] = columns + first, table[: _N_ROWS[kind], columns], resonance[:, wanted]
    return regime, groups


def _nothing(xp: Any, kind: int) -> tuple[Any, Any, Any]:
    return xp.zeros(0, np.int64), xp.zeros((_N_ROWS[kind], 0)), xp.zeros((rows.N_RESONANCE, 0))


def element_table(epoch_ns: npt.NDArray[np.int64], *columns: Any) -> npt.NDArray[np.float64]:
    """Gather seven columns of elements and the epoch, as a split Julian date, into (9, n)."""
    days, ns_of_day = np.divmod(epoch_ns, NS_PER_DAY)
    epoch = days + _UNIX_JD, ns_of_day / NS_PER_DAY
    return np.stack([np.asarray(column, dtype=np.float64) for column in (*columns, *epoch)])
