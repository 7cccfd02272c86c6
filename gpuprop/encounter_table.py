"""The result of a screening: one row per encounter, as an Arrow table."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from gpuprop import arrow_compute as pc
from gpuprop.arrow_table import ArrowTable, FailedObject
from gpuprop.encounter_schema import ASSESSED, KINDS, SCHEMA
from gpuprop.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

    from gpuprop.arrow_columns import Words

__all__ = ["KINDS", "SCHEMA", "Encounters", "FailedObject"]


class Encounters(ArrowTable):
    """Close approaches found by `gpuprop.screen`: an immutable table, one row per encounter.

    An encounter is a maximal interval in which two objects are closer than the
    threshold. Rows are in the order of TCA, then of the catalog numbers, whatever
    the engine. A column is had as an attribute or by ``encounters["tca"]``, as a
    read-only NumPy array; the columns are

    ==========================================  ==============================================
    ``norad_id_1``, ``norad_id_2``              catalog numbers, the smaller one first
    ``name_1``, ``name_2``                      names, as the catalog has them
    ``tca``                                     time of closest approach, UTC
    ``enter``, ``exit``                         when the distance crosses the threshold, UTC;
                                                missing where the window or a failure cuts it
    ``duration_s``                              length of the part that was seen
    ``miss_distance_km``                        distance at TCA
    ``relative_speed_km_s``                     speed of object 2 relative to object 1 at TCA
    ``radial_km``, ``in_track_km``,             object 2 as seen from object 1 at TCA, in the
    ``cross_track_km``                          RIC frame of object 1
    ``radial_km_s``, ``in_track_km_s``,         the same for the relative velocity
    ``cross_track_km_s``
    ``n_minima``                                number of distance minima inside the encounter
    ``kind``                                    one of `KINDS`
    ``age_1_days``, ``age_2_days``              TCA less epoch of the element sets
    ==========================================  ==============================================

    Attributes
    ----------
    report : tuple of FailedObject
        Objects that failed before or during the window. Kept in Parquet, not in CSV.
    parameters : mapping
        What was asked for (start, stop, threshold_km, mode, engine, step_s, version).
        Kept in Parquet, not in CSV.

    Examples
    --------
    >>> from gpuprop import Encounters
    >>> nothing = Encounters.from_columns({name: [] for name in SCHEMA.names})
    >>> len(nothing), nothing.miss_distance_km.dtype
    (0, dtype('float64'))
    """

    __slots__ = ()

    _schema = SCHEMA
    _words: ClassVar[Words] = {"kind": KINDS}
    _passed_over = ASSESSED
    order = ("tca", "norad_id_1", "norad_id_2", "miss_distance_km")
    _rows_are = "encounters"

    def _check(self, table: pa.Table) -> None:
        if pc.any(pc.greater(table["norad_id_1"], table["norad_id_2"])).as_py():
            raise InputError("norad_id_1 is greater than norad_id_2 in some rows; the smaller one goes first")

    def __repr__(self) -> str:
        asked = self.parameters
        words = [f"{len(self)} encounter{'' if len(self) == 1 else 's'}"]
        if "threshold_km" in asked:
            words.append(f"within {asked['threshold_km']:g} km")
        if "start" in asked and "stop" in asked:
            words.append(f"from {asked['start']} to {asked['stop']}")
        if len(self):
            words.append(f"(closest {self.miss_distance_km.min():.3f} km)")
        failed = f"; {len(self.report)} failed objects" if self.report else ""
        return f"<Encounters: {' '.join(words)}{failed}>"

    def closest(self, n: int) -> Encounters:
        """Return the `n` encounters of the smallest miss distance, the closest first.

        Examples
        --------
        >>> len(Encounters.from_columns({name: [] for name in SCHEMA.names}).closest(3))
        0
        """
        if n < 0:
            raise InputError(f"n is {n}; give how many encounters to return")
        order = pc.sort_indices(
            self._table, [(name, "ascending") for name in ("miss_distance_km", *self.order[:3])]
        )
        return Encounters(self._table.take(order[:n]))
