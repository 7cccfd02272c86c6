"""Plots of encounters and catalogs; they need matplotlib, the extra ``plot``.

Every function draws into the axes that it is given, or into a figure of its own, and returns the axes.
Colours can be told apart by colour-blind readers; kinds differ by marker as well.

Examples
--------
>>> import gpuprop, gpuprop.plot
>>> gpuprop.plot.catalog_overview(gpuprop.Catalog.sample()).get_xlabel()
'inclination (deg)'
"""

from __future__ import annotations

from gpuprop.plot.geometry import encounter_in_ric, encounter_plane
from gpuprop.plot.objects import catalog_overview, range_history
from gpuprop.plot.population import encounter_density, encounters_over_time, miss_distance_against_speed

__all__ = [
    "catalog_overview",
    "encounter_density",
    "encounter_in_ric",
    "encounter_plane",
    "encounters_over_time",
    "miss_distance_against_speed",
    "range_history",
]
