"""Propagate whole satellite catalogs with SGP4 and screen them for close approaches.

The public names are loaded on first use, so that ``import gpuprop`` costs
little and pulls in neither numba nor pyarrow.

Examples
--------
>>> import gpuprop
>>> catalog = gpuprop.Catalog.sample()
>>> len(catalog)
26834
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpuprop import errors, plot
    from gpuprop.catalog import Catalog
    from gpuprop.encounter_table import Encounters
    from gpuprop.ephemeris import Ephemeris, read_ephemerides
    from gpuprop.precompile import warmup
    from gpuprop.propagation import drag_factor, propagate, propagate_since_epoch
    from gpuprop.proximity_table import ProximityEpisodes
    from gpuprop.screening import screen
    from gpuprop.screening.assessment import assess
    from gpuprop.screening.probability import collision_probability
    from gpuprop.screening.proximity import watch
    from gpuprop.screening.rescreening import rescreen
    from gpuprop.screening.runs import screen_to
    from gpuprop.screening.volumes import Volume
    from gpuprop.states import States
    from gpuprop.threads import get_num_threads, set_num_threads

__version__ = "0.1.0"

__all__ = [
    "Catalog",
    "Encounters",
    "Ephemeris",
    "ProximityEpisodes",
    "States",
    "Volume",
    "__version__",
    "assess",
    "collision_probability",
    "drag_factor",
    "errors",
    "get_num_threads",
    "plot",
    "propagate",
    "propagate_since_epoch",
    "read_ephemerides",
    "rescreen",
    "screen",
    "screen_to",
    "set_num_threads",
    "warmup",
    "watch",
]

_HOMES = {
    "Catalog": "gpuprop.catalog",
    "Encounters": "gpuprop.encounter_table",
    "Ephemeris": "gpuprop.ephemeris",
    "ProximityEpisodes": "gpuprop.proximity_table",
    "States": "gpuprop.states",
    "Volume": "gpuprop.screening.volumes",
    "assess": "gpuprop.screening.assessment",
    "collision_probability": "gpuprop.screening.probability",
    "drag_factor": "gpuprop.propagation",
    "get_num_threads": "gpuprop.threads",
    "propagate": "gpuprop.propagation",
    "propagate_since_epoch": "gpuprop.propagation",
    "read_ephemerides": "gpuprop.ephemeris",
    "rescreen": "gpuprop.screening.rescreening",
    "screen": "gpuprop.screening",
    "screen_to": "gpuprop.screening.runs",
    "set_num_threads": "gpuprop.threads",
    "warmup": "gpuprop.precompile",
    "watch": "gpuprop.screening.proximity",
}

logging.getLogger("gpuprop").addHandler(logging.NullHandler())


def __getattr__(name: str) -> object:
    if name in ("errors", "plot"):
        return import_module(f"gpuprop.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'gpuprop' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
