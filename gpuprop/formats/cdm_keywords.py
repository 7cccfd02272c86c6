"""The keywords of a conjunction data message (CCSDS 508.0-B-1, tables 3-1 to 3-4)."""

from __future__ import annotations

from typing import NamedTuple

TEXT, TIME, NUMBER, WHOLE = "text", "time", "number", "whole"


class Keyword(NamedTuple):
    """One keyword: its block in the XML schema, kind of value, unit, and whether it must be there."""

    name: str
    block: str
    kind: str = TEXT
    unit: str = ""
    required: bool = False
    words: tuple[str, ...] = ()


def _keywords(block: str, kind: str, unit: str, names: str, *, required: bool = False) -> list[Keyword]:
    return [Keyword(name, block, kind, unit, required) for name in names.split()]


HEADER = (
    Keyword("CCSDS_CDM_VERS", "header", required=True),
    Keyword("CREATION_DATE", "header", TIME, required=True),
    Keyword("ORIGINATOR", "header", required=True),
    Keyword("MESSAGE_FOR", "header"),
    Keyword("MESSAGE_ID", "header", required=True),
)

RELATIVE = (
    Keyword("TCA", "relative", TIME, required=True),
    Keyword("MISS_DISTANCE", "relative", NUMBER, "m", required=True),
    Keyword("RELATIVE_SPEED", "relative", NUMBER, "m/s"),
    *_keywords(
        "relativeStateVector",
        NUMBER,
        "m",
        "RELATIVE_POSITION_R RELATIVE_POSITION_T RELATIVE_POSITION_N",
    ),
    *_keywords(
        "relativeStateVector",
        NUMBER,
        "m/s",
        "RELATIVE_VELOCITY_R RELATIVE_VELOCITY_T RELATIVE_VELOCITY_N",
    ),
    Keyword("START_SCREEN_PERIOD", "relative", TIME),
    Keyword("STOP_SCREEN_PERIOD", "relative", TIME),
    Keyword("SCREEN_VOLUME_FRAME", "relative", words=("RTN", "TVN")),
    Keyword("SCREEN_VOLUME_SHAPE", "relative", words=("ELLIPSOID", "BOX")),
    *_keywords("relative", NUMBER, "m", "SCREEN_VOLUME_X SCREEN_VOLUME_Y SCREEN_VOLUME_Z"),
    Keyword("SCREEN_ENTRY_TIME", "relative", TIME),
    Keyword("SCREEN_EXIT_TIME", "relative", TIME),
    Keyword("COLLISION_PROBABILITY", "relative", NUMBER),
    Keyword("COLLISION_PROBABILITY_METHOD", "relative"),
)

METADATA = (
    Keyword("OBJECT", "metadata", required=True, words=("OBJECT1", "OBJECT2")),
    *_keywords("metadata", TEXT, "", "OBJECT_DESIGNATOR CATALOG_NAME OBJECT_NAME", required=True),
    Keyword("INTERNATIONAL_DESIGNATOR", "metadata", required=True),
    *_keywords("metadata", TEXT, "", "OBJECT_TYPE OPERATOR_CONTACT_POSITION OPERATOR_ORGANIZATION"),
    *_keywords("metadata", TEXT, "", "OPERATOR_PHONE OPERATOR_EMAIL"),
    Keyword("EPHEMERIS_NAME", "metadata", required=True),
    Keyword("COVARIANCE_METHOD", "metadata", required=True, words=("CALCULATED", "DEFAULT")),
    Keyword("MANEUVERABLE", "metadata", required=True, words=("YES", "NO", "N/A")),
    Keyword("ORBIT_CENTER", "metadata"),
    Keyword("REF_FRAME", "metadata", required=True, words=("GCRF", "EME2000", "ITRF")),
    *_keywords("metadata", TEXT, "", "GRAVITY_MODEL ATMOSPHERIC_MODEL N_BODY_PERTURBATIONS"),
    *_keywords("metadata", TEXT, "", "SOLAR_RAD_PRESSURE EARTH_TIDES INTRACK_THRUST"),
)

POSITION = ("X", "Y", "Z")
VELOCITY = ("X_DOT", "Y_DOT", "Z_DOT")
_AXES = ("R", "T", "N", "RDOT", "TDOT", "NDOT", "DRG", "SRP", "THR")
COVARIANCE = tuple(tuple(f"C{row}_{column}" for column in _AXES[: i + 1]) for i, row in enumerate(_AXES[:6]))
"""Lower triangle of the 6 x 6 covariance in RTN, a tuple of keywords for each row."""

_AREAS = ("DRG", "SRP")
_UNITS = {
    ("position", "position"): "m**2",
    ("velocity", "position"): "m**2/s",
    ("velocity", "velocity"): "m**2/s**2",
    ("area", "position"): "m**3/kg",
    ("area", "velocity"): "m**3/(kg*s)",
    ("area", "area"): "m**4/kg**2",
    ("thrust", "position"): "m**2/s**2",
    ("thrust", "velocity"): "m**2/s**3",
    ("thrust", "area"): "m**3/(kg*s**2)",
    ("thrust", "thrust"): "m**2/s**4",
}


def _of(axis: str) -> str:
    if axis in _AREAS:
        return "area"
    return "thrust" if axis == "THR" else "velocity" if axis.endswith("DOT") else "position"


def _covariance() -> list[Keyword]:
    return [
        Keyword(f"C{row}_{column}", "covarianceMatrix", NUMBER, _UNITS[_of(row), _of(column)], required=i < 6)
        for i, row in enumerate(_AXES)
        for column in _AXES[: i + 1]
    ]


DATA = (
    Keyword("TIME_LASTOB_START", "odParameters", TIME),
    Keyword("TIME_LASTOB_END", "odParameters", TIME),
    *_keywords("odParameters", NUMBER, "d", "RECOMMENDED_OD_SPAN ACTUAL_OD_SPAN"),
    *_keywords("odParameters", WHOLE, "", "OBS_AVAILABLE OBS_USED TRACKS_AVAILABLE TRACKS_USED"),
    Keyword("RESIDUALS_ACCEPTED", "odParameters", NUMBER, "%"),
    Keyword("WEIGHTED_RMS", "odParameters", NUMBER),
    *_keywords("additionalParameters", NUMBER, "m**2", "AREA_PC AREA_DRG AREA_SRP"),
    Keyword("MASS", "additionalParameters", NUMBER, "kg"),
    *_keywords("additionalParameters", NUMBER, "m**2/kg", "CD_AREA_OVER_MASS CR_AREA_OVER_MASS"),
    Keyword("THRUST_ACCELERATION", "additionalParameters", NUMBER, "m/s**2"),
    Keyword("SEDR", "additionalParameters", NUMBER, "W/kg"),
    *_keywords("stateVector", NUMBER, "km", " ".join(POSITION), required=True),
    *_keywords("stateVector", NUMBER, "km/s", " ".join(VELOCITY), required=True),
    *_covariance(),
)

OBJECT = METADATA + DATA
SECTIONS = {"header": HEADER, "relative": RELATIVE, "object_1": OBJECT, "object_2": OBJECT}
"""The four parts of a message, and the keywords of each in their order."""
