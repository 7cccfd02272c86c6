"""Plots of one encounter: the path in the RIC frame, and the plane across the relative velocity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from gpuprop.errors import InputError
from gpuprop.plot import style
from gpuprop.shown import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from gpuprop.catalog import Catalog
    from gpuprop.encounter_table import Encounters

    Floats = NDArray[np.float64]
    Direction = Literal["radial", "in_track", "cross_track"]

RIC = ("radial", "in_track", "cross_track")
_SAMPLES = 241
_IN_RIC = np.bool_(1)


def encounter_in_ric(
    encounters: Encounters,
    row: int = 0,
    *,
    catalog: Catalog | None = None,
    half_span_s: float | None = None,
    x: Direction = "in_track",
    y: Direction = "radial",
    ax: Axes | None = None,
) -> Axes:
    """Plot the path of object 2 as seen from object 1, in two of the RIC directions of object 1.

    Parameters
    ----------
    encounters : Encounters
        From `gpuprop.screen`.
    row : int
        Which encounter.
    catalog : Catalog, optional
        The element sets that were screened: the path is then propagated. Without it, it is the straight
        line that position and velocity at TCA give.
    half_span_s : float, optional
        Seconds before and after TCA; by the duration of the encounter if left out.
    x, y : {"radial", "in_track", "cross_track"}
        What to draw along the axes.
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
        There is no such row, the catalog is not the one that was screened, or an argument has no meaning.

    Examples
    --------
    >>> import gpuprop, gpuprop.plot
    >>> pair = gpuprop.Catalog.sample().select(ids=[17842, 270293])
    >>> encounters = gpuprop.screen(pair, "2024-11-01T13:00Z", "2024-11-01T14:00Z")
    >>> gpuprop.plot.encounter_in_ric(encounters, catalog=pair).get_xlabel()
    'in-track (km)'
    """
    one = one_row(encounters, row)
    for direction in (x, y):
        if direction not in RIC:
            raise InputError(f"{direction!r} is no direction; choose from {', '.join(map(repr, RIC))}")
    half = half_spans_s(one)[0] if half_span_s is None else float(half_span_s)
    if not 0.0 < half < 1e7:
        raise InputError(f"half_span_s is {half_span_s}; give seconds above zero")
    path = ric_paths(one, np.linspace(-half, half, _SAMPLES)[None], catalog)[0]
    ax = style.axes_of(
        ax,
        title=_pair(one),
        x=f"{x.replace('_', '-')} (km)",
        y=f"{y.replace('_', '-')} (km)",
    )
    across, up = path[:, RIC.index(x)], path[:, RIC.index(y)]
    ax.plot(across, up, color=style.COLOURS[0], lw=1.6, label="object 2")
    middle = _SAMPLES // 2
    ahead = 0.75 * np.array([across[-1] - across[middle], up[-1] - up[middle]])
    ax.annotate(
        "",
        (across[middle] + ahead[0], up[middle] + ahead[1]),
        (across[middle] + 0.9 * ahead[0], up[middle] + 0.9 * ahead[1]),
        arrowprops={"arrowstyle": "-|>", "color": style.COLOURS[0]},
    )
    ax.plot(across[middle], up[middle], "o", color=style.COLOURS[1], ms=6, label="object 2 at TCA")
    ax.plot(0.0, 0.0, "+", color=style.INK, ms=10, mew=1.6, label="object 1")
    ax.plot([0.0, across[middle]], [0.0, up[middle]], ":", color=style.COLOURS[1], lw=1.2)
    ax.set_aspect("equal", adjustable="datalim")
    style.legend(ax)
    way = "straight line from the row" if catalog is None else "propagated"
    span = f"{half:,.0f}" if half >= 10.0 else f"{half:.2g}"
    style.note(
        ax,
        f"TCA {str(one.tca[0])[:23]}Z, miss {one.miss_distance_km[0]:.3f} km, "
        f"{one.relative_speed_km_s[0]:.3f} km/s; {span} s before and after, {way}",
    )
    return ax


def encounter_plane(
    encounters: Encounters,
    row: int = 0,
    *,
    catalog: Catalog,
    covariance: str | Mapping[int, Any],
    hard_body_radius_m: float = 5.0,
    sigmas: tuple[float, ...] = (1.0, 2.0, 3.0),
    ax: Axes | None = None,
) -> Axes:
    """Plot the combined covariance in the plane across the relative velocity, with the miss and both bodies.

    The first axis is along the miss at TCA. The ellipses are about object 2 and the disk about object 1;
    the probability of collision is what the Gaussian puts inside the disk.

    Parameters
    ----------
    encounters : Encounters
        From `gpuprop.screen`.
    row : int
        Which encounter.
    catalog : Catalog
        The element sets that were screened.
    covariance : str or mapping of int to array
        As in `gpuprop.assess`; one known object is enough. A model by name is marked as indicative.
    hard_body_radius_m : float
        Radius of both bodies together, m.
    sigmas : tuple of float
        Sizes of the ellipses.
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
        There is no such row, it has no usable covariance, or the catalog is not the one that was screened.

    Examples
    --------
    >>> import gpuprop, gpuprop.plot
    >>> pair = gpuprop.Catalog.sample().select(ids=[17842, 270293])
    >>> encounters = gpuprop.screen(pair, "2024-11-01T13:00Z", "2024-11-01T14:00Z")
    >>> ax = gpuprop.plot.encounter_plane(encounters, catalog=pair, covariance="coarse-age")
    >>> ax.get_xlabel()
    'along the miss (m)'
    """
    one = one_row(encounters, row)
    if not 0.0 < hard_body_radius_m < 10_000.0:
        raise InputError(f"hard_body_radius_m is {hard_body_radius_m:g}; give metres above zero")
    if not sigmas or not all(0.0 < size < 1e3 for size in sigmas):
        raise InputError(f"sigmas is {sigmas}; give sizes above zero")
    miss_m, matrix = _in_the_plane(one, catalog, covariance)
    values, vectors = np.linalg.eigh(matrix)
    minor, major = np.sqrt(np.maximum(values, 0.0))
    angle = float(np.degrees(np.arctan2(vectors[1, 1], vectors[0, 1])))
    ax = style.axes_of(ax, title=_pair(one), x="along the miss (m)", y="across the miss (m)")
    from matplotlib.patches import Circle, Ellipse

    for size in sigmas:
        shape = Ellipse(
            (miss_m, 0.0), 2 * size * major, 2 * size * minor, angle=angle, fill=False, lw=1.3,
            ec=style.COLOURS[0], alpha=max(0.3, 1.0 - 0.2 * (size - 1)), label=f"{size:g} sigma",
        )  # fmt: skip
        ax.add_patch(shape)
    ax.add_patch(Circle((0.0, 0.0), hard_body_radius_m, color=style.COLOURS[1], lw=0, alpha=0.8))
    disk = f"object 1, hard body {hard_body_radius_m:g} m"
    ax.plot(0.0, 0.0, "+", color=style.INK, ms=10, mew=1.6, label=disk)
    ax.plot(miss_m, 0.0, "o", color=style.COLOURS[1], ms=6, label="object 2")
    ax.set_aspect("equal", adjustable="datalim")
    ax.autoscale_view()
    style.legend(ax)
    origin = f"indicative: model {covariance}" if isinstance(covariance, str) else "given covariance"
    style.note(ax, f"miss {miss_m:,.1f} m, sigma {minor:,.1f} and {major:,.1f} m; {origin}")
    return ax


def _in_the_plane(one: Encounters, catalog: Catalog, covariance: Any) -> tuple[float, Floats]:
    """Return the miss (m) and the covariance (2, 2), m^2, along and across it."""
    from gpuprop.engines.cpu.encounter_plane import encounter_planes
    from gpuprop.screening.assessment import row_covariances
    from gpuprop.screening.at_tca import at_tca
    from gpuprop.screening.covariance import checked

    states = at_tca(one, catalog)
    matrices = []
    for k in (1, 2):
        found = row_covariances(covariance, one[f"norad_id_{k}"], one[f"age_{k}_days"], one.tca)
        found = np.array(found)
        if not np.isnan(found).all() and checked(found)[0][0]:
            raise InputError(f"covariance of object {one[f'norad_id_{k}'][0]} is none: see gpuprop.assess")
        matrices.append(found)
    if np.isnan(matrices).all():
        raise InputError(f"covariance knows neither object of {_pair(one)}")
    plane, measures = np.empty((1, 8)), np.empty((1, 2))
    encounter_planes(states.r, states.v, np.array(matrices), _IN_RIC, plane, measures)
    if np.isnan(plane).any():
        raise InputError(f"{_pair(one)} has no relative velocity, so there is no encounter plane")
    xx, xy, yy = plane[0, 2:5] + plane[0, 5:8]
    return float(plane[0, 0]), np.array([[xx, xy], [xy, yy]])


def one_row(encounters: Encounters, row: int) -> Encounters:
    """Return one encounter as a table of its own."""
    n = len(encounters)
    if not -n <= row < n:
        raise InputError(f"row is {row}; there are {n} encounters")
    return type(encounters)(encounters.to_arrow().slice(row % n, 1))


def half_spans_s(encounters: Encounters) -> Floats:
    """Return how long before and after TCA to look: until the pair is five times as far apart as at TCA.

    That is never longer than the encounter or half an orbit in low altitude.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        to_five = 5.0 * encounters.miss_distance_km / encounters.relative_speed_km_s
    within = np.clip(0.75 * encounters.duration_s, 1e-3, 2700.0)
    return np.clip(np.nan_to_num(to_five, nan=np.inf), 1e-3, within)


def ric_paths(encounters: Encounters, offsets_s: Floats, catalog: Catalog | None) -> Floats:
    """Return object 2 from object 1, km, in the RIC frame that object 1 has at each instant: (n, m, 3)."""
    if catalog is None:
        at = np.stack([encounters[f"{name}_km"] for name in RIC], axis=1)
        rate = np.stack([encounters[f"{name}_km_s"] for name in RIC], axis=1)
        return np.asarray(at[:, None] + rate[:, None] * offsets_s[:, :, None])
    from gpuprop.screening.at_tca import around_tca
    from gpuprop.screening.describe import ric_axes

    states = around_tca(encounters, catalog, offsets_s)
    first = states.r[0].reshape(-1, 3), states.v[0].reshape(-1, 3)
    apart = (states.r[1] - states.r[0]).reshape(-1, 3)
    return np.einsum("nij,nj->ni", ric_axes(*first), apart).reshape(*offsets_s.shape, 3)


def _pair(one: Encounters) -> str:
    # Dollar signs would be taken for formulas, and some control codes for others
    names = [f"{one[f'name_{k}'][0]} ({one[f'norad_id_{k}'][0]})".strip() for k in (1, 2)]
    return shown(" and ".join(names)).replace("$", r"\$")
