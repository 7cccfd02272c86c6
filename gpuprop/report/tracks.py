"""What the 3-D view draws: both orbits about TCA, and the path of one object past the other."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from gpuprop.engines.cpu.constants import RADIUSEARTHKM
from gpuprop.frames import sidereal_angle
from gpuprop.plot.geometry import half_spans_s, ric_paths
from gpuprop.screening.at_tca import around_tca

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gpuprop.catalog import Catalog
    from gpuprop.encounter_table import Encounters
    from gpuprop.report.embed import Payload

ORBIT_POINTS = 181
PATH_POINTS = 61
_TRAVEL_TOGETHER = ("identical", "co-orbital")


def chosen_rows(encounters: Encounters, count: int) -> NDArray[np.int64]:
    """Return the rows of the closest passes; pairs that travel together come after all others."""
    together = np.isin(encounters.kind, _TRAVEL_TOGETHER)
    return np.lexsort((encounters.miss_distance_km, together))[:count]


def pack_tracks(encounters: Encounters, catalog: Catalog, payload: Payload, count: int) -> dict[str, Any]:
    """Propagate the closest `count` passes and pack them."""
    rows = chosen_rows(encounters, count)
    some = type(encounters)(encounters.to_arrow().take(rows))
    at = around_tca(some, catalog, np.zeros((len(some), 1)))
    period_s = 86_400.0 / catalog.mean_motion[at.rows]
    phase = np.linspace(-0.5, 0.5, ORBIT_POINTS)
    orbits = [around_tca(some, catalog, period_s[k][:, None] * phase).r[k].astype("<f4") for k in (0, 1)]
    half_s = half_spans_s(some)
    paths = ric_paths(some, half_s[:, None] * np.linspace(-1.0, 1.0, PATH_POINTS), catalog)
    lines = json.loads(files("gpuprop").joinpath("data/coastlines.json").read_text(encoding="utf-8"))
    coast = np.concatenate([np.append(line, -32768) for line in lines])
    return {
        "points": ORBIT_POINTS,
        "path_points": PATH_POINTS,
        "earth_radius_km": RADIUSEARTHKM,
        "rows": payload.add(rows.astype("<i4")),
        "period_s": payload.add(period_s.T.astype("<f4")),
        "orbits": payload.add(np.stack(orbits, axis=1)),
        "half_span_s": payload.add(half_s.astype("<f4")),
        "paths": payload.add(paths.astype("<f4")),
        "sidereal": payload.add(sidereal_angle(some.tca.astype(np.int64)).astype("<f4")),
        "coast": payload.add(coast.astype("<i2")),
    }
