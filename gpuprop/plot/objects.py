"""Plots of objects: what a catalog holds, how far two objects are apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from gpuprop.errors import InputError
from gpuprop.plot import style
from gpuprop.timescale import instant_ns

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from gpuprop.catalog import Catalog

_SECOND_NS = 1_000_000_000
_FINE = 61
_MOST_STEPS = 200_000


def catalog_overview(catalog: Catalog, *, ax: Axes | None = None) -> Axes:
    """Plot the mean altitude of every object against its inclination, by class of orbit.

    Parameters
    ----------
    catalog : Catalog
        The objects.
    ax : matplotlib Axes, optional
        Where to draw; a new figure if left out.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ImportError
        matplotlib is not installed.

    Notes
    -----
    The mean altitude is the semi-major axis that belongs to the mean motion, less the equatorial radius.

    Examples
    --------
    >>> import gpuprop, gpuprop.plot
    >>> gpuprop.plot.catalog_overview(gpuprop.Catalog.sample()[:100]).get_yscale()
    'log'
    """
    from gpuprop.catalog_groups import ORBIT_CLASSES
    from gpuprop.engines.cpu.constants import MU, RADIUSEARTHKM

    count = f"{len(catalog):,} object{'' if len(catalog) == 1 else 's'}"
    ax = style.axes_of(ax, title=f"Catalog: {count}", x="inclination (deg)", y="mean altitude (km)")
    rate = catalog.mean_motion * 2.0 * np.pi / 86_400.0
    altitude = np.cbrt(MU / rate**2) - RADIUSEARTHKM
    for number, kind in enumerate(ORBIT_CLASSES):
        which = catalog.orbit_class == kind
        if which.any():
            ax.scatter(
                catalog.inclination[which],
                altitude[which],
                s=3,
                linewidths=0,
                alpha=0.5,
                rasterized=True,
                color=style.COLOURS[number],
                zorder=3 - number / 10,
                label=f"{kind} ({np.count_nonzero(which):,})",
            )
    ax.set_yscale("log")
    style.plain_decades(ax.yaxis)
    ax.set(xlim=(0.0, 180.0), xticks=range(0, 181, 30))
    if len(catalog):
        for handle in style.legend(ax, markerscale=4.0).legend_handles:
            handle.set_alpha(1.0)
    return ax


def range_history(
    catalog: Catalog,
    norad_id_1: int,
    norad_id_2: int,
    start: Any,
    stop: Any,
    *,
    step_s: float = 30.0,
    threshold_km: float | None = None,
    mode: Literal["afspc", "improved"] = "afspc",
    ax: Axes | None = None,
) -> Axes:
    """Plot the distance of two objects over time, and mark the smallest.

    Parameters
    ----------
    catalog : Catalog
        Holds both objects, each once.
    norad_id_1, norad_id_2 : int
        Their catalog numbers.
    start, stop : time
        The window.
    step_s : float
        Seconds between the samples; about each minimum they are refined to milliseconds.
    threshold_km : float, optional
        A distance to draw a line at.
    mode : {"afspc", "improved"}
        As in `gpuprop.propagate`.
    ax : matplotlib Axes, optional
        Where to draw; a new figure if left out.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ImportError
        matplotlib is not installed.
    InputError
        An object is not in the catalog, the window is empty, or the two have no usable states in it.

    Examples
    --------
    >>> import gpuprop, gpuprop.plot
    >>> catalog = gpuprop.Catalog.sample()
    >>> ax = gpuprop.plot.range_history(catalog, 17842, 270293, "2024-11-01", "2024-11-01T06:00")
    >>> ax.get_ylabel()
    'distance (km)'
    """
    pair = catalog.select(ids=[norad_id_1, norad_id_2])
    if len(pair) != 2:
        raise InputError(f"catalog has {len(pair)} element sets of the two objects; give it with one of each")
    first, last = instant_ns(start, name="start"), instant_ns(stop, name="stop")
    if not first < last:
        raise InputError("stop is not after start")
    if not step_s > 0.0 or (last - first) / (step_s * 1e9) > _MOST_STEPS:
        raise InputError(f"step_s is {step_s:g}; give seconds above zero, for at most {_MOST_STEPS:,} steps")
    times, distance = _sampled(pair, np.arange(first, last, round(step_s * 1e9)), mode)
    if not np.isfinite(distance).any():
        raise InputError(f"{norad_id_1} and {norad_id_2} have no usable states in the window")
    title = f"Distance of {norad_id_1} and {norad_id_2}"
    ax = style.axes_of(ax, title=title, x="UTC", y="distance (km)")
    ax.plot(style.days(times), distance, color=style.COLOURS[0], lw=1.1)
    nearest = int(np.nanargmin(distance))
    if threshold_km is not None:
        ax.axhline(threshold_km, color=style.MUTED, lw=1.0, ls="--")
        ax.annotate(
            f"{threshold_km:g} km", (1.0, threshold_km), xycoords=("axes fraction", "data"), fontsize=9,
            xytext=(-2, 3), textcoords="offset points", ha="right", color=style.MUTED,
        )  # fmt: skip
    ax.plot(style.days(times[nearest]), distance[nearest], "o", color=style.COLOURS[1], ms=6)
    ax.set_yscale("log" if distance[nearest] > 0.0 else "symlog")
    style.plain_decades(ax.yaxis)
    ax.set_xlim(first / 86_400e9, last / 86_400e9)
    style.time_axis(ax)
    instant = str(times[nearest].astype("datetime64[ns]"))[:23]
    style.note(ax, f"smallest {distance[nearest]:,.3f} km at {instant}Z")
    return ax


def _sampled(pair: Catalog, grid: NDArray[np.int64], mode: Any) -> tuple[NDArray[np.int64], Any]:
    """Sample the distance on a grid, and twice more finely about each of its minima there."""
    times, distance = grid, _distance(pair, grid, mode)
    if len(grid) < 3:
        return times, distance
    step = int(grid[1] - grid[0])
    inner = (distance[1:-1] <= distance[:-2]) & (distance[1:-1] < distance[2:])
    middles = grid[1:-1][inner]
    for _ in range(3):
        if not len(middles):
            break
        around = middles[:, None] + np.linspace(-step, step, _FINE).astype(np.int64)
        found = _distance(pair, around.ravel(), mode).reshape(around.shape)
        times, distance = np.append(times, around), np.append(distance, found)
        middles = around[np.arange(len(around)), np.argmin(np.nan_to_num(found, nan=np.inf), axis=1)]
        step = max(1, 2 * step // (_FINE - 1))
    order = np.argsort(times, kind="stable")
    return times[order], distance[order]


def _distance(pair: Catalog, times_ns: NDArray[np.int64], mode: Any) -> Any:
    from gpuprop.propagation import propagate

    states = propagate(pair, times_ns.view("datetime64[ns]"), engine="cpu", mode=mode, velocity=False)
    return np.linalg.norm(states.r[1] - states.r[0], axis=1)
