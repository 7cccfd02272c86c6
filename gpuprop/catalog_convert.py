"""Columns of a catalog <-> tables and objects of other libraries."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gpuprop.errors import InputError
from gpuprop.formats.columns import FIELDS, KEYWORD, Array, Columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NS_PER_DAY = 86_400_000_000_000
UNIX_EPOCH_JD = 2_440_587.5
# sgp4init counts days from 1949 December 31.
SGP4_EPOCH_JD = 2_433_281.5
LARGEST_SATREC_ID = 339_999

_BY_KEYWORD = {keyword: name for name, keyword in KEYWORD.items()}
_DEGREE = math.pi / 180.0
_XPDOTP = 1440.0 / (2.0 * math.pi)
_WGS72_MU = 398600.8


def arrow_columns(table: Any) -> dict[str, Any]:
    """Return the columns of an Arrow table that a catalog has, as `Catalog.from_arrays` takes them.

    Parameters
    ----------
    table : pyarrow.Table
        Columns named as the attributes of a catalog, or by OMM keywords; others are passed over.

    Raises
    ------
    InputError
        A column is there under both names or holds nulls, or a row is of another model than SGP4.
    """
    import pyarrow as pa

    from gpuprop.arrow_columns import numbers_of

    if not isinstance(table, pa.Table):
        raise InputError(f"table is a {type(table).__name__}; give a pyarrow.Table")
    _require_sgp4(table)
    found: dict[str, Any] = {}
    for label in table.column_names:
        name = label if label in KEYWORD else _BY_KEYWORD.get(label.upper())
        if name is None:
            continue
        if name in found:
            raise InputError(f"the table has the column {name} twice, as {name} and {KEYWORD[name]}")
        column = table[label]
        if name in {"name", "object_id"}:
            column = column.cast(pa.string()).fill_null("")
        if column.null_count:
            raise InputError(
                f"the column {label} has {column.null_count} missing values; give one per object"
            )
        if pa.types.is_timestamp(column.type):
            found[name] = numbers_of(column.cast(pa.timestamp("ns", column.type.tz)).cast(pa.int64()))
        else:
            found[name] = numbers_of(column) if pa.types.is_primitive(column.type) else column.to_numpy()
    return found


def _require_sgp4(table: Any) -> None:
    import pyarrow as pa

    from gpuprop.formats import omm

    fields = {
        label.upper(): table[label].cast(pa.string())
        for label in table.column_names
        if label.upper() in omm.MODEL_COLUMNS
    }
    if fault := omm.model_fault(fields):
        row, keyword, reason = fault
        raise InputError(f"{keyword}[{row}]: {reason}")


def to_arrow(columns: Mapping[str, Array]) -> Any:
    """Return a pyarrow.Table with one column per attribute; epochs are timestamps, ns, UTC."""
    import pyarrow as pa

    table = {}
    for name in FIELDS:
        column = columns[name]
        kind = pa.timestamp("ns", "UTC") if name == "epoch" else None
        table[name] = pa.array(column.tolist() if column.dtype.kind == "U" else column, kind)
        if column.dtype.kind == "U":
            table[name] = table[name].cast(pa.string())
    return pa.table(table)


def _unscaled(values: Array, scaled: Any, factor: float) -> Array:
    """Return x near values * factor for which scaled(x) is exactly values, where there is one."""
    best = values * factor
    for guess in (np.nextafter(best, -np.inf), np.nextafter(best, np.inf)):
        better = (scaled(best) != values) & (scaled(guess) == values)
        best = np.where(better, guess, best)
    return np.asarray(best)


def satrec_columns(satellites: Iterable[Any]) -> Columns:
    """Return the elements of python-sgp4 objects, as `Catalog.from_arrays` takes them.

    Parameters
    ----------
    satellites : iterable of sgp4.api.Satrec
        Made with WGS72 constants.

    Raises
    ------
    InputError
        One has other constants.
    """
    items = list(satellites)
    for row, satellite in enumerate(items):
        if not hasattr(satellite, "jdsatepochF"):
            raise InputError(
                f"satellites[{row}] is a {type(satellite).__name__}; give sgp4.api.Satrec objects"
            )
        if abs(satellite.mu - _WGS72_MU) > 1e-6:
            raise InputError(
                f"satellites[{row}] has mu = {satellite.mu}; only WGS72 ({_WGS72_MU}) is supported"
            )

    def column(name: str) -> Array:
        return np.array([getattr(satellite, name) for satellite in items], np.float64)

    days = ((column("jdsatepoch") - UNIX_EPOCH_JD) * NS_PER_DAY).astype(np.int64)
    angles = {
        name: _unscaled(column(attribute), lambda x: x * _DEGREE, 1.0 / _DEGREE)
        for name, attribute in (
            ("inclination", "inclo"),
            ("ra_of_asc_node", "nodeo"),
            ("arg_of_pericenter", "argpo"),
            ("mean_anomaly", "mo"),
        )
    }
    rate, second = _XPDOTP * 1440.0, _XPDOTP * 1440.0 * 1440.0
    return {
        "norad_id": np.array([satellite.satnum for satellite in items], np.int64),
        "object_id": [full_designator(satellite.intldesg.strip()) for satellite in items],
        "epoch": days + np.rint(column("jdsatepochF") * NS_PER_DAY).astype(np.int64),
        "mean_motion": _unscaled(column("no_kozai"), lambda x: x / _XPDOTP, _XPDOTP),
        "eccentricity": column("ecco"),
        **angles,
        "bstar": column("bstar"),
        "mean_motion_dot": _unscaled(column("ndot"), lambda x: x / rate, rate),
        "mean_motion_ddot": _unscaled(column("nddot"), lambda x: x / second, second),
        "element_set_no": column("elnum"),
        "rev_at_epoch": column("revnum"),
        "ephemeris_type": column("ephtype"),
        "classification_type": [satellite.classification.strip() or "U" for satellite in items],
    }


def full_designator(text: str) -> str:
    """Return ``1998-067A`` for ``98067A``; any other text as it is."""
    if len(text) < 6 or not (text[:5].isascii() and text[:5].isdigit()) or "-" in text:
        return text
    year = int(text[:2])
    return f"{year + (2000 if year < 57 else 1900)}-{text[2:]}"


def to_satrecs(columns: Mapping[str, Array], mode: str) -> list[Any]:
    """Return one python-sgp4 object per element set, with WGS72 constants.

    Parameters
    ----------
    columns : mapping
        One array per column.
    mode : {"afspc", "improved"}
        Which of python-sgp4's operation modes, ``a`` or ``i``.

    Raises
    ------
    InputError
        A catalog number is above 339,999, which python-sgp4 cannot hold; or `mode` is another one.
    """
    from sgp4.api import WGS72, Satrec

    if mode not in {"afspc", "improved"}:
        raise InputError(f"mode is {mode!r}; give 'afspc' or 'improved'")
    too_large = np.flatnonzero(columns["norad_id"] > LARGEST_SATREC_ID)
    if too_large.size:
        number = columns["norad_id"][too_large[0]]
        raise InputError(f"object {number}: python-sgp4 holds catalog numbers up to {LARGEST_SATREC_ID} only")
    jd, fr = split_julian(columns["epoch"])
    elements = [
        columns["norad_id"],
        (jd - SGP4_EPOCH_JD) + fr,
        columns["bstar"],
        columns["mean_motion_dot"] / (_XPDOTP * 1440.0),
        columns["mean_motion_ddot"] / (_XPDOTP * 1440.0 * 1440.0),
        columns["eccentricity"],
        *(columns[name] * _DEGREE for name in ("arg_of_pericenter", "inclination", "mean_anomaly")),
        columns["mean_motion"] / _XPDOTP,
        columns["ra_of_asc_node"] * _DEGREE,
    ]
    satellites = []
    for row, values in enumerate(zip(*(column.tolist() for column in elements), strict=True)):
        satellite = Satrec()
        satellite.sgp4init(WGS72, "a" if mode == "afspc" else "i", *values)
        # One double for the epoch, as sgp4init takes it, is good to a microsecond; these are exact.
        satellite.jdsatepoch, satellite.jdsatepochF = float(jd[row]), float(fr[row])
        satellite.classification = str(columns["classification_type"][row])
        satellite.intldesg = str(columns["object_id"][row])[2:].replace("-", "")
        satellite.elnum = int(columns["element_set_no"][row])
        satellite.revnum = int(columns["rev_at_epoch"][row])
        satellite.ephtype = int(columns["ephemeris_type"][row])
        satellites.append(satellite)
    return satellites


def split_julian(epoch: Array) -> tuple[Array, Array]:
    """Return the Julian date of the midnight before each epoch, and the fraction of a day since."""
    return np.asarray(epoch // NS_PER_DAY + UNIX_EPOCH_JD), np.asarray((epoch % NS_PER_DAY) / NS_PER_DAY)
