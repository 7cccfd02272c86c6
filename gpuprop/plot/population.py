"""Plots of many encounters: when, how close, how fast, where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gpuprop.errors import InputError
from gpuprop.plot import style
from gpuprop.timescale import instant_ns

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from gpuprop.catalog import Catalog
    from gpuprop.encounter_table import Encounters

_MINUTE_NS = 60_000_000_000
_UNITS = ((1440, "d"), (60, "h"), (1, "min"))
_BIN_MINUTES = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080)
_MOST_BINS = 64
# More points than this hide each other; their number per cell is shown instead
_MOST_POINTS = 4000
# Docked and identical pairs are closer than a logarithmic axis can show
_FLOOR_KM = 1e-3


def encounters_over_time(
    encounters: Encounters, *, bin_minutes: float | None = None, ax: Axes | None = None
) -> Axes:
    """Plot how many encounters have their TCA in each slice of time, by kind.

    Parameters
    ----------
    encounters : Encounters
        From `gpuprop.screen`.
    bin_minutes : float, optional
        Length of a slice; one that gives at most 64 of them if left out.
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
        `bin_minutes` is not above zero.

    Examples
    --------
    >>> import gpuprop, gpuprop.plot
    >>> encounters = gpuprop.screen(gpuprop.Catalog.sample()[:900], "2024-11-01", "2024-11-01T06:00")
    >>> gpuprop.plot.encounters_over_time(encounters, bin_minutes=30).get_ylabel()
    'encounters per 30 min'
    """
    first, last = _window(encounters)
    minutes = _bin_minutes(first, last) if bin_minutes is None else float(bin_minutes)
    if not np.isfinite(minutes) or not minutes >= 1e-3:
        raise InputError(f"bin_minutes is {bin_minutes}; give a length above zero")
    size, unit = next((size, unit) for size, unit in _UNITS if minutes >= size or size == 1)
    per = f"{minutes / size:g} {unit}"
    ax = style.axes_of(ax, title="Encounters over time", x="TCA (UTC)", y=f"encounters per {per}")
    width = round(minutes * _MINUTE_NS)
    edges = np.arange(first // width, -(-last // width) + 1, dtype=np.int64) * width
    tca = encounters.tca.astype(np.int64)
    below = np.zeros(len(edges) - 1)
    for kind in style.present_kinds(encounters.kind):
        counts, _ = np.histogram(tca[encounters.kind == kind], bins=edges)
        label, colour = f"{kind} ({int(counts.sum()):,})", style.kind_style(kind)["color"]
        left, wide = edges[:-1] / 86_400e9, width / 86_400e9
        ax.bar(left, counts, wide, below, align="edge", color=colour, label=label, ec="w", lw=0.3)
        below += counts
    ax.xaxis_date()
    style.time_axis(ax)
    ax.set_xlim(edges[0] / 86_400e9, edges[-1] / 86_400e9)
    ax.grid(visible=False, axis="x")
    if len(encounters):
        style.legend(ax)
    return ax


def _window(encounters: Encounters) -> tuple[int, int]:
    """Return the window that was screened, or at least the one in which there are encounters."""
    asked, tca = encounters.parameters, encounters.tca.astype(np.int64)
    if "start" in asked and "stop" in asked:
        bounds = [instant_ns(asked["start"]), instant_ns(asked["stop"])]
    else:
        bounds = [int(tca.min()), int(tca.max())] if len(tca) else [0, _MINUTE_NS]
    return bounds[0], max(bounds[1], bounds[0] + _MINUTE_NS)


def _bin_minutes(first: int, last: int) -> float:
    span = (last - first) / _MINUTE_NS
    fits = [minutes for minutes in _BIN_MINUTES if span / minutes <= _MOST_BINS]
    return fits[0] if fits else np.ceil(span / _MOST_BINS / 1440) * 1440


def miss_distance_against_speed(encounters: Encounters, *, ax: Axes | None = None) -> Axes:
    """Plot the miss distance of each encounter against its relative speed.

    Up to 4,000 encounters are points, by kind; more are counted in cells. Miss distances below 1 m, as of
    docked modules, are left out, and a note says how many.

    Parameters
    ----------
    encounters : Encounters
        From `gpuprop.screen`.
    ax : matplotlib Axes, optional
        Where to draw; a new figure if left out.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ImportError
        matplotlib is not installed.

    Examples
    --------
    >>> import gpuprop, gpuprop.plot
    >>> encounters = gpuprop.screen(gpuprop.Catalog.sample()[:900], "2024-11-01", "2024-11-01T06:00")
    >>> gpuprop.plot.miss_distance_against_speed(encounters).get_yscale()
    'log'
    """
    ax = style.axes_of(
        ax,
        title="Miss distance against relative speed",
        x="relative speed (km/s)",
        y="miss distance (km)",
    )
    shown = encounters.miss_distance_km >= _FLOOR_KM
    speed, miss = encounters.relative_speed_km_s[shown], encounters.miss_distance_km[shown]
    ax.set_yscale("log")
    if len(miss) > _MOST_POINTS:
        cells = ax.hexbin(
            speed,
            miss,
            gridsize=(70, 40),
            yscale="log",
            bins="log",
            mincnt=1,
            cmap=style.DENSITY,
            lw=0.1,
            rasterized=True,
        )
        style.colour_bar(ax, cells, "encounters per cell")
    else:
        kinds = encounters.kind[shown]
        for kind in style.present_kinds(kinds):
            which = kinds == kind
            options: dict[str, Any] = {"s": 14, "alpha": 0.75, "linewidths": 0, **style.kind_style(kind)}
            label = f"{kind} ({np.count_nonzero(which):,})"
            ax.scatter(speed[which], miss[which], label=label, **options)
        if len(miss):
            style.legend(ax)
    style.plain_decades(ax.yaxis)
    ax.set_xlim(left=0.0)
    if hidden := int(np.count_nonzero(~shown)):
        style.note(ax, f"{hidden:,} with a miss distance below 1 m not shown")
    return ax


def encounter_density(
    encounters: Encounters,
    catalog: Catalog,
    *,
    altitude_km: tuple[float, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Plot how many encounters there are by altitude at TCA and inclination, each counted for both objects.

    Parameters
    ----------
    encounters : Encounters
        From `gpuprop.screen`.
    catalog : Catalog
        The element sets that were screened.
    altitude_km : (float, float), optional
        Altitudes to show, km above the equatorial radius; those up to 2,000 km if left out, or all where
        more than a tenth of the encounters is higher. A note says how many are outside.
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
        The catalog is not the one that was screened, or `altitude_km` is no range.

    Examples
    --------
    >>> import gpuprop, gpuprop.plot
    >>> catalog = gpuprop.Catalog.sample()[:900]
    >>> encounters = gpuprop.screen(catalog, "2024-11-01", "2024-11-01T06:00")
    >>> gpuprop.plot.encounter_density(encounters, catalog).get_xlabel()
    'inclination (deg)'
    """
    from gpuprop.engines.cpu.constants import RADIUSEARTHKM
    from gpuprop.screening.at_tca import at_tca

    ax = style.axes_of(
        ax,
        title="Encounters by altitude and inclination",
        x="inclination (deg)",
        y="altitude at TCA (km)",
    )
    states = at_tca(encounters, catalog)
    altitude = (np.linalg.norm(states.r, axis=2) - RADIUSEARTHKM).ravel()
    inclination = catalog.inclination[states.rows.ravel()]
    low, high = _altitudes(altitude, altitude_km)
    inside = (altitude >= low) & (altitude <= high)
    counts, x, y = np.histogram2d(
        inclination[inside], altitude[inside], bins=[np.arange(0.0, 181.0, 2.0), np.linspace(low, high, 81)]
    )
    if counts.any():
        from matplotlib.colors import LogNorm

        filled = np.ma.masked_equal(counts.T, 0.0)
        norm = LogNorm(1.0, max(2.0, counts.max()))
        cells = ax.pcolormesh(x, y, filled, norm=norm, cmap=style.DENSITY, rasterized=True)
        style.colour_bar(ax, cells, "encounters per cell")
    ax.set(xlim=(0.0, 180.0), ylim=(low, high), xticks=range(0, 181, 30))
    if outside := int(np.count_nonzero(~inside)) // 2:
        style.note(ax, f"{outside:,} of {len(encounters):,} encounters at other altitudes not shown")
    return ax


def _altitudes(altitude: NDArray[np.float64], given: tuple[float, float] | None) -> tuple[float, float]:
    if given is not None:
        low, high = map(float, given)
        if not low < high < np.inf:
            raise InputError(f"altitude_km is {given}; give the lower and the upper one")
        return low, high
    if not len(altitude) or np.mean(altitude > 2000.0) <= 0.1:
        return 100.0, 2000.0
    return float(np.floor(altitude.min())), float(np.ceil(altitude.max() * 1.02))
