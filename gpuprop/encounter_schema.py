"""The columns of an encounter table: names and types."""

from __future__ import annotations

import pyarrow as pa

from gpuprop.arrow_columns import INSTANT, WORD

__all__ = ["ASSESSED", "KINDS", "SCHEMA"]

KINDS = ("flyby", "slow", "co-orbital", "identical", "cut by window", "cut by error")
"""What an encounter can be, as written in the column ``kind``."""

_REQUIRED = {
    "norad_id_1": pa.int64(),
    "norad_id_2": pa.int64(),
    "name_1": pa.string(),
    "name_2": pa.string(),
    "tca": INSTANT,
    "enter": INSTANT,
    "exit": INSTANT,
    "duration_s": pa.float64(),
    "miss_distance_km": pa.float64(),
    "relative_speed_km_s": pa.float64(),
    "radial_km": pa.float64(),
    "in_track_km": pa.float64(),
    "cross_track_km": pa.float64(),
    "radial_km_s": pa.float64(),
    "in_track_km_s": pa.float64(),
    "cross_track_km_s": pa.float64(),
    "n_minima": pa.int32(),
    "kind": WORD,
    "age_1_days": pa.float64(),
    "age_2_days": pa.float64(),
}
_NULLABLE = ("enter", "exit")

SCHEMA = pa.schema([pa.field(name, kind, nullable=name in _NULLABLE) for name, kind in _REQUIRED.items()])
"""Names, order and types of the columns."""

ASSESSED = (
    *("probability", "probability_maximum", "sigma_factor", "sigma_minor_m", "sigma_major_m", "diluted"),
    *("hard_body_radius_m", "covariance", "repaired", "note"),
)
"""Columns that an assessment adds behind them."""
