"""The result of a proximity watch: one row per episode, as an Arrow table."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pyarrow as pa

from gpuprop.arrow_columns import INSTANT, WORD
from gpuprop.arrow_table import ArrowTable

if TYPE_CHECKING:
    from gpuprop.arrow_columns import Words

__all__ = ["KINDS", "SCHEMA", "TRENDS", "ProximityEpisodes"]

KINDS = ("docked", "visit", "shadowing in GEO", "formation", "co-orbital drift")
"""What an episode can be; the rules stand in `ProximityEpisodes`."""

TRENDS = ("approach", "departure", "steady")
"""Where an episode leads."""

_STATISTICS = ("min", "mean", "max")
_TRACKS = ("radial", "in_track", "cross_track")


def _fields() -> list[pa.Field]:
    number = pa.float64()
    types = {"norad_id_1": pa.int64(), "norad_id_2": pa.int64(), "name_1": pa.string(), "name_2": pa.string()}
    types |= {"enter": INSTANT, "exit": INSTANT, "dwell_s": number, "tca": INSTANT}
    types |= {f"range_{what}_km": number for what in _STATISTICS}
    types |= {f"relative_speed_{what}_km_s": number for what in _STATISTICS}
    types |= {f"{axis}_{what}_km": number for axis in _TRACKS for what in _STATISTICS}
    types |= {"range_rate_km_day": number, "trend": WORD, "n_minima": pa.int32(), "kind": WORD}
    types |= {"age_1_days": number, "age_2_days": number}
    return [pa.field(name, kind, nullable=name in ("enter", "exit")) for name, kind in types.items()]


SCHEMA = pa.schema(_fields())
"""Names, order and types of the columns."""


class ProximityEpisodes(ArrowTable):
    """Pairs that stay near each other, found by `gpuprop.watch`: one row per episode.

    An episode is a maximal interval in which the range and the relative speed of a pair stay below
    their limits, if it lasts long enough. Rows are in the order of the ids of asset and neighbour, then of
    time. A column is had as an attribute or by ``episodes["dwell_s"]``; the columns are

    ======================================  ==================================================
    ``norad_id_1``, ``name_1``              the asset; of two assets the smaller id
    ``norad_id_2``, ``name_2``              its neighbour
    ``enter``, ``exit``                     when the pair meets the rule and when it ends to, UTC; missing
                                            where the window or a failure cuts the episode
    ``dwell_s``                             length of the part that was seen
    ``tca``                                 when the range is least, UTC
    ``range_min_km``, ``_mean_``, ``_max_`` distance: its least value, mean over time and greatest
    ``relative_speed_min_km_s``, ...        relative speed likewise, from SGP4's velocities
    ``radial_min_km``, ...,                 neighbour as seen from the asset in the RIC frame of
    ``in_track_...``, ``cross_track_...``   the asset, likewise, sampled every 10 s
    ``range_rate_km_day``                   change of the range in a day: from the mean over the
                                            first revolution of the asset to that over the last; from end
                                            to end in an episode shorter than two revolutions
    ``trend``                               one of `TRENDS`: "steady" if over the episode the range changes,
                                            at that rate, by no more than half of what it varies by
    ``n_minima``                            number of minima of the range
    ``kind``                                one of `KINDS`
    ``age_1_days``, ``age_2_days``          TCA less epoch of the element sets
    ======================================  ==================================================

    The kind is the first whose rule applies:

    - "docked": the range never exceeds 100 m, as of docked objects that are given the same elements; those
      with element sets of their own differ by a kilometre or two, and cannot be told from a formation;
    - "visit": shorter than one revolution of the asset, too short to tell more;
    - "shadowing in GEO": both objects within 200 km of the geostationary semi-major axis, with
      eccentricities below 0.01, and steady or drifting by no more than 15 km a day (0.02 degrees);
    - "formation": steady;
    - "co-orbital drift": the rest.

    Attributes
    ----------
    report : tuple of FailedObject
        Objects that failed before or during the window. Kept in Parquet, not in CSV.
    parameters : mapping
        What was asked for. Kept in Parquet, not in CSV.

    Examples
    --------
    >>> from gpuprop import ProximityEpisodes
    >>> nothing = ProximityEpisodes.from_columns({name: [] for name in SCHEMA.names})
    >>> len(nothing), nothing.dwell_s.dtype
    (0, dtype('float64'))
    """

    __slots__ = ()

    _schema = SCHEMA
    _words: ClassVar[Words] = {"kind": KINDS, "trend": TRENDS}
    order = ("norad_id_1", "norad_id_2", "tca", "range_min_km")
    _rows_are = "proximity episodes"

    def __repr__(self) -> str:
        pairs = len(set(zip(self.norad_id_1.tolist(), self.norad_id_2.tolist(), strict=True)))
        words = (
            f"{len(self)} episode{'' if len(self) == 1 else 's'} of {pairs} pair{'' if pairs == 1 else 's'}"
        )
        failed = f"; {len(self.report)} failed objects" if self.report else ""
        return f"<ProximityEpisodes: {words}{failed}>"
