"""What all plots share: axes, colours, instants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gpuprop.encounter_schema import KINDS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from numpy.typing import NDArray

# Okabe and Ito (2008), in an order that keeps neighbours apart; yellow is too faint on white
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#767676", "#56b4e9", "#cc79a7", "#e69f00", "#000000")
MARKERS = "os^DvXP*"
DENSITY = "cividis"
INK, MUTED, GRID = "#1f2933", "#5b6670", "#e4e7eb"


def axes_of(ax: Axes | None, *, title: str, x: str, y: str) -> Axes:
    """Return the axes to draw into, with title and labels, in a figure of their own where there are none."""
    if ax is None:
        try:
            from matplotlib import pyplot as plt
        except ImportError as error:
            raise ImportError("plots need matplotlib: pip install 'gpuprop[plot]'") from error
        _, ax = plt.subplots(figsize=(7.2, 4.4), layout="constrained")
    ax.set_title(title, loc="left", fontsize=11, color=INK)
    ax.set_xlabel(x, color=INK)
    ax.set_ylabel(y, color=INK)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["bottom", "left"]].set_color(MUTED)
    ax.tick_params(colors=MUTED, labelcolor=INK)
    ax.grid(color=GRID, linewidth=0.7)
    ax.set_axisbelow(True)
    return ax


def kind_style(kind: str) -> dict[str, str]:
    """Return colour and marker of a kind of encounter."""
    number = KINDS.index(kind)
    return {"color": COLOURS[number % len(COLOURS)], "marker": MARKERS[number % len(MARKERS)]}


def present_kinds(kinds: NDArray[Any]) -> list[str]:
    """Return the kinds that occur, in the order of the schema."""
    found = set(np.unique(kinds).tolist())
    return [kind for kind in KINDS if kind in found]


def note(ax: Axes, text: str) -> None:
    """Say under the title what the reader would otherwise not see."""
    ax.set_title(f"{ax.get_title(loc='left')}\n", loc="left", fontsize=11, color=INK)
    ax.text(0.0, 1.02, text, transform=ax.transAxes, fontsize=8.5, color=MUTED, va="bottom")


def legend(ax: Axes, **options: Any) -> Any:
    """Put a plain legend beside the data, where it hides none."""
    options |= {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0), "frameon": False}
    return ax.legend(fontsize=9, labelcolor=INK, **options)


def time_axis(ax: Axes) -> None:
    """Write instants on the x axis as briefly as they stay clear."""
    from matplotlib import dates

    locator = dates.AutoDateLocator(minticks=3, maxticks=7)  # type: ignore[no-untyped-call]  # matplotlib
    ax.xaxis.set_major_locator(locator)
    formatter = dates.ConciseDateFormatter(locator)  # type: ignore[no-untyped-call]  # matplotlib
    ax.xaxis.set_major_formatter(formatter)


def plain_decades(axis: Axis | None) -> None:
    """Label a logarithmic axis with plain numbers."""
    if axis is not None:
        axis.set_major_formatter(lambda value, _: f"{value:,g}" if value < 1e6 else f"{value:.0e}")


def colour_bar(ax: Axes, cells: Any, label: str) -> None:
    """Put a legend of a logarithmic density beside the axes."""
    bar = ax.figure.colorbar(cells, ax=ax, pad=0.02)
    bar.set_label(label, color=INK)
    bar.outline.set_visible(False)
    bar.ax.tick_params(colors=MUTED, labelcolor=INK)
    plain_decades(bar.ax.yaxis)


def days(times: Any) -> NDArray[np.float64]:
    """Return instants as matplotlib counts them: days since 1970."""
    return np.asarray(np.asarray(times, "datetime64[ns]").astype(np.int64) / 86_400e9)
