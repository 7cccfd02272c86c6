"""The plots of a report, as SVG that stands in the page itself."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

import numpy as np

from gpuprop import plot
from gpuprop.report.tracks import chosen_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gpuprop.catalog import Catalog
    from gpuprop.encounter_table import Encounters

__all__ = ["pictures"]


def pictures(encounters: Encounters, catalog: Catalog | None, covariance: Any) -> Iterator[tuple[str, str]]:
    """Yield for each plot what it shows, in words, and its SVG as a data URI."""
    yield "Number of encounters over time, by kind.", _svg(plot.encounters_over_time, encounters)
    yield (
        "Miss distance against relative speed of the encounters.",
        _svg(plot.miss_distance_against_speed, encounters),
    )
    if catalog is None:
        return
    yield (
        "Number of encounters by altitude at TCA and inclination, counted for both objects.",
        _svg(plot.encounter_density, encounters, catalog),
    )
    yield "Mean altitude and inclination of all objects of the catalog.", _svg(plot.catalog_overview, catalog)
    if not len(encounters):
        return
    closest = int(chosen_rows(encounters, 1)[0])
    pair = [int(encounters[f"norad_id_{k}"][closest]) for k in (1, 2)]
    window = _hours_about(encounters.tca[closest])
    if np.count_nonzero(np.isin(catalog.norad_id, pair)) == 2:
        yield (
            "Distance of the closest pair in the twelve hours about TCA.",
            _svg(
                plot.range_history, catalog, *pair, *window, mode=encounters.parameters.get("mode", "afspc")
            ),
        )
    if covariance is not None:
        yield (
            "Covariance of the closest pair in the plane across the relative velocity.",
            _svg(plot.encounter_plane, encounters, closest, catalog=catalog, covariance=covariance),
        )


def _hours_about(tca: np.datetime64) -> tuple[np.datetime64, np.datetime64]:
    return tca - np.timedelta64(6, "h"), tca + np.timedelta64(6, "h")


def _svg(draw: Callable[..., Any], *arguments: Any, **options: Any) -> str:
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError("a report needs matplotlib: pip install 'gpuprop[plot]'") from error
    # Fixed ids and no date: equal inputs give equal pages
    with mpl.rc_context({"svg.hashsalt": "gpuprop"}):
        figure = Figure(figsize=(5.8, 3.7), layout="constrained", dpi=144)
        draw(*arguments, ax=figure.add_subplot(), **options)
        file = io.BytesIO()
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return f"data:image/svg+xml;base64,{base64.b64encode(file.getvalue()).decode()}"
