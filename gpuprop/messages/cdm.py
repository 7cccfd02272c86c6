"""Conjunction data messages (CCSDS 508.0-B-1): what they say, and those of encounters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from gpuprop.atomic_write import atomic_path
from gpuprop.errors import InputError
from gpuprop.formats import cdm, sources
from gpuprop.formats.cdm_keywords import COVARIANCE, POSITION, SECTIONS, VELOCITY
from gpuprop.formats.epochs import iso_to_ns
from gpuprop.frames import teme_to_gcrf
from gpuprop.messages.provenance import Provenance
from gpuprop.messages.text import ascii_text, iso
from gpuprop.screening.at_tca import at_tca
from gpuprop.screening.covariance import COVARIANCE_MODELS, model_covariance, with_velocity
from gpuprop.screening.describe import ric_axes
from gpuprop.screening.mixed import with_placeholders
from gpuprop.screening.probability import Probabilities, collision_probability
from gpuprop.timescale import instant_ns

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from gpuprop.catalog import Catalog
    from gpuprop.encounter_table import Encounters
    from gpuprop.ephemeris import Ephemeris
    from gpuprop.screening.assessment import Assessment

    Floats = NDArray[np.float64]

__all__ = ["Cdm", "encounter_cdms"]

_METHODS = {"foster": "FOSTER-1992", "chan": "CHAN-1997", "alfano": "ALFANO-2005"}
_PARTS = tuple(SECTIONS)


@dataclass(frozen=True, slots=True)
class Cdm:
    r"""One conjunction data message.

    Attributes
    ----------
    header, relative, object_1, object_2 : mapping
        Keywords and values of each part: numbers in the units of the standard (m and m^2, states in km),
        text, and instants as they are written.
    comments : mapping
        Comments of each part.
    repairs : tuple of str
        What was left out in reading, and why.

    Examples
    --------
    >>> import gpuprop.messages
    >>> gpuprop.messages.Cdm.read("CCSDS_CDM_VERS = 1.0\nORIGINATOR = X\n")
    Traceback (most recent call last):
        ...
    gpuprop.errors.CatalogError: <text>: header: CREATION_DATE, MESSAGE_ID missing
    """

    header: Mapping[str, Any]
    relative: Mapping[str, Any]
    object_1: Mapping[str, Any]
    object_2: Mapping[str, Any]
    comments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    repairs: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def read(cls, source: sources.Source, *, strict: bool = True) -> Cdm:
        """Read one message, KVN or XML.

        Parameters
        ----------
        source : path, file object, str or bytes
            Where the text is, or the text itself.
        strict : bool
            False overlooks unknown keywords and characters that are not ASCII; they are named in `repairs`.

        Returns
        -------
        Cdm
            Optional values that cannot be used (``NaN``, a wrong unit) are left out and named in `repairs`.

        Raises
        ------
        CatalogError
            The text is no CDM, or what must be there is missing or cannot be used; file and line are named.

        Examples
        --------
        >>> Cdm.read("<oem/>")
        Traceback (most recent call last):
            ...
        gpuprop.errors.CatalogError: <text>: the root element is 'oem'; cdm is needed
        """
        data, name = sources.load(source)
        parts = cdm.read(data, name, strict=strict)
        comments = {part: tuple(parts.comments[part]) for part in _PARTS}
        frozen = {part: MappingProxyType(parts.values[part]) for part in _PARTS}
        return cls(**frozen, comments=comments, repairs=tuple(parts.repairs))

    @property
    def tca(self) -> np.datetime64:
        """Time of closest approach, UTC."""
        return np.datetime64(iso_to_ns(self.relative["TCA"])[0], "ns")

    def state(self, which: int) -> tuple[Floats, Floats]:
        """Return position (km) and velocity (km/s) of object 1 or 2 in its ``REF_FRAME``."""
        values = self._object(which)
        return np.array([values[name] for name in POSITION]), np.array([values[name] for name in VELOCITY])

    def covariance(self, which: int) -> Floats:
        """Return the covariance of object 1 or 2, (6, 6), RTN, m^2, m^2/s and m^2/s^2."""
        values, matrix = self._object(which), np.empty((6, 6))
        for i, names in enumerate(COVARIANCE):
            for j, name in enumerate(names):
                matrix[i, j] = matrix[j, i] = values[name]
        return matrix

    def probability(self, *, hard_body_radius_m: float, **options: Any) -> Probabilities:
        """Compute the probability of collision from the states and covariances of the message.

        Parameters
        ----------
        hard_body_radius_m : float
            Combined hard-body radius; a CDM has no keyword for it.
        **options
            As for `gpuprop.collision_probability`.

        Raises
        ------
        InputError
            The states are not in one inertial frame.
        """
        frames = {self.object_1["REF_FRAME"], self.object_2["REF_FRAME"]}
        if len(frames) > 1 or "ITRF" in frames:
            raise InputError(
                f"the states are in {' and '.join(sorted(frames))}; one inertial frame is needed"
            )
        (r1, v1), (r2, v2) = self.state(1), self.state(2)
        return collision_probability(
            r1_km=r1,
            v1_km_s=v1,
            covariance_1_m2=self.covariance(1),
            r2_km=r2,
            v2_km_s=v2,
            covariance_2_m2=self.covariance(2),
            hard_body_radius_m=hard_body_radius_m,
            **options,
        )

    def to_kvn(self) -> str:
        """Return the message in keyword = value notation."""
        return cdm.to_kvn(*self._parts())

    def to_xml(self) -> str:
        """Return the message as XML."""
        return cdm.to_xml(*self._parts())

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the message: XML where the name ends in ``.xml``, else KVN; whole or not at all."""
        text = self.to_xml() if str(path).lower().endswith(".xml") else self.to_kvn()
        with atomic_path(path) as temporary:
            temporary.write_text(text, encoding="utf-8")

    def _parts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        return {part: getattr(self, part) for part in _PARTS}, {
            part: self.comments.get(part, ()) for part in _PARTS
        }

    def _object(self, which: int) -> Mapping[str, Any]:
        if which not in (1, 2):
            raise InputError(f"which is {which!r}; give 1 or 2")
        return self.object_1 if which == 1 else self.object_2


def encounter_cdms(
    assessment: Assessment,
    catalog: Catalog,
    *,
    covariance: str | Mapping[int, Any],
    originator: str = "gpuprop",
    creation_date: Any = None,
    ephemerides: Sequence[Ephemeris] = (),
) -> Iterator[Cdm]:
    """Make a message of every encounter.

    The standard demands a covariance of position and velocity, and element sets have none: it has to be
    given, or a model named. A modelled one is marked ``COVARIANCE_METHOD = DEFAULT``, and comments say that
    it is indicative. States are turned from TEME into GCRF. What is not known is left out, or is the
    standard's own word for unknown.

    Parameters
    ----------
    assessment : Assessment
        Encounters with their probabilities; of a row without one the message has none.
    catalog : Catalog
        The element sets that were screened.
    covariance : str or mapping of int to array
        A name of `gpuprop.screening.covariance.COVARIANCE_MODELS`, or covariances (6, 6) by catalog number,
        m^2, m^2/s, m^2/s^2, in the RIC frame at TCA, or functions of the TCA that return them.
    originator : str
        Who sends the messages.
    creation_date : time, optional
        Creation date, UTC; the present if left out.
    ephemerides : sequence of Ephemeris
        Those that were screened with the catalog.

    Yields
    ------
    Cdm
        One for each encounter, in order.

    Raises
    ------
    InputError
        A covariance is missing or of another shape, or is to come from a model for an ephemeris.

    Examples
    --------
    >>> import gpuprop, gpuprop.messages
    >>> catalog = gpuprop.Catalog.sample().select(ids=[39574, 57854])
    >>> encounters = gpuprop.screen(catalog, "2024-11-01T00:00Z", "2024-11-02T00:00Z", threshold_km=50)
    >>> assessment = gpuprop.assess(encounters, catalog, covariance="coarse-age")
    >>> messages = list(gpuprop.messages.encounter_cdms(assessment, catalog, covariance="coarse-age"))
    >>> len(messages) == len(encounters)
    True
    """
    encounters = assessment.encounters
    states = at_tca(encounters, catalog, ephemerides=ephemerides)
    if isinstance(covariance, str):
        _only_element_sets(encounters, states.rows >= len(catalog))
    tca_ns = encounters.tca.astype(np.int64)
    created = np.datetime64("now", "ns") if creation_date is None else creation_date
    header = {
        "CCSDS_CDM_VERS": "1.0",
        "CREATION_DATE": iso(instant_ns(created, name="creation_date")),
        "ORIGINATOR": ascii_text(originator),
    }
    every = with_placeholders(catalog, ephemerides)
    provenance = Provenance.of(encounters, catalog).comments()
    r, v = teme_to_gcrf(states.r, tca_ns), teme_to_gcrf(states.v, tca_ns)
    covariances = [_covariances(covariance, assessment, states.r[k], states.v[k], k + 1) for k in (0, 1)]
    # RTN does not depend on the frame of the states
    given = states.rows >= len(catalog)
    axes = ric_axes(states.r[0], states.v[0])
    dr, dv = (np.einsum("nij,nj->ni", axes, values[1] - values[0]) * 1e3 for values in (states.r, states.v))
    for row in range(len(encounters)):
        ids = int(encounters.norad_id_1[row]), int(encounters.norad_id_2[row])
        message_id = f"{header['ORIGINATOR']}-{iso(int(tca_ns[row]))}-{ids[0]}-{ids[1]}"
        objects = [
            _metadata(k, int(states.rows[k, row]), every, len(catalog), modelled=isinstance(covariance, str))
            | _data(r[k, row], v[k, row], covariances[k][row])
            for k in (0, 1)
        ]
        comments = {
            "header": tuple(provenance),
            "relative": _relative_comments(assessment, row),
            "object_1": _object_comments(covariance, encounters.age_1_days[row], given[0, row]),
            "object_2": _object_comments(covariance, encounters.age_2_days[row], given[1, row]),
        }
        yield Cdm(
            header=MappingProxyType(header | {"MESSAGE_ID": message_id}),
            relative=MappingProxyType(_relative(assessment, row, dr[row], dv[row])),
            object_1=MappingProxyType(objects[0]),
            object_2=MappingProxyType(objects[1]),
            comments=comments,
        )


def _relative(assessment: Assessment, row: int, dr: Floats, dv: Floats) -> dict[str, Any]:
    encounters, asked = assessment.encounters, assessment.encounters.parameters
    values: dict[str, Any] = {
        "TCA": iso(int(encounters.tca[row].astype(np.int64))),
        "MISS_DISTANCE": 1e3 * float(encounters.miss_distance_km[row]),
        "RELATIVE_SPEED": 1e3 * float(encounters.relative_speed_km_s[row]),
    }
    for axis, position, velocity in zip("RTN", dr.tolist(), dv.tolist(), strict=True):
        values[f"RELATIVE_POSITION_{axis}"] = position
        values[f"RELATIVE_VELOCITY_{axis}"] = velocity
    for name, keyword in (("start", "START_SCREEN_PERIOD"), ("stop", "STOP_SCREEN_PERIOD")):
        if name in asked:
            values[keyword] = iso(instant_ns(asked[name], name=name))
    if "threshold_km" in asked:
        values |= {"SCREEN_VOLUME_FRAME": "RTN", "SCREEN_VOLUME_SHAPE": "ELLIPSOID"}
        values |= {f"SCREEN_VOLUME_{axis}": 1e3 * float(asked["threshold_km"]) for axis in "XYZ"}
    for name, keyword in (("enter", "SCREEN_ENTRY_TIME"), ("exit", "SCREEN_EXIT_TIME")):
        if not np.isnat(encounters[name][row]):
            values[keyword] = iso(int(encounters[name][row].astype(np.int64)))
    probability = float(assessment.probabilities.probability[row])
    if np.isfinite(probability):
        values["COLLISION_PROBABILITY"] = probability
        values["COLLISION_PROBABILITY_METHOD"] = _METHODS[assessment.probabilities.method]
    return values


def _relative_comments(assessment: Assessment, row: int) -> tuple[str, ...]:
    found = assessment.probabilities
    lines = [f"encounter kind: {assessment.encounters.kind[row]}"]
    if np.isfinite(found.probability[row]):
        lines.append(f"hard-body radius of both = {found.hard_body_radius_m[row]:g} m")
        lines.append(f"covariance of the probability: {assessment.covariance[row]}")
    else:
        lines.append(f"no probability: {found.notes()[row]}")
    if np.isfinite(found.maximum[row]):
        lines.append(f"maximum probability = {found.maximum[row]:.6e}, diluted = {bool(found.diluted[row])}")
    return tuple(lines)


def _only_element_sets(encounters: Encounters, by_ephemeris: NDArray[np.bool_]) -> None:
    """Refuse a model of the errors of element sets for objects that have none."""
    if by_ephemeris.any():
        which, row = np.argwhere(by_ephemeris)[0]
        number = encounters[f"norad_id_{which + 1}"][row]
        raise InputError(
            f"covariance is a model of element sets, and object {number} is given by an ephemeris; "
            "give the covariances as a mapping of catalog numbers"
        )


def _object_comments(covariance: object, age_days: float, by_ephemeris: np.bool_) -> tuple[str, ...]:
    what = "ephemeris that begins" if by_ephemeris else "element set of age"
    lines = [f"{what} {age_days:.6f} d {'before TCA' if by_ephemeris else 'at TCA'}"]
    if isinstance(covariance, str):
        lines.append(f"covariance by the model {covariance}: {COVARIANCE_MODELS[covariance]}")
    return tuple(lines)


def _metadata(k: int, row: int, catalog: Catalog, n_sets: int, *, modelled: bool) -> dict[str, Any]:
    """Keywords of an object; rows from n_sets on are ephemerides."""
    name = ascii_text(str(catalog.name[row])) or "UNKNOWN"
    begins = iso(int(catalog.epoch[row]))
    return {
        "OBJECT": f"OBJECT{k + 1}",
        "OBJECT_DESIGNATOR": str(int(catalog.norad_id[row])),
        "CATALOG_NAME": "SATCAT",
        "OBJECT_NAME": name,
        "INTERNATIONAL_DESIGNATOR": ascii_text(str(catalog.object_id[row])) or "UNKNOWN",
        "EPHEMERIS_NAME": "NONE" if row < n_sets else f"{name} FROM {begins}",
        "COVARIANCE_METHOD": "DEFAULT" if modelled else "CALCULATED",
        "MANEUVERABLE": "N/A",
        "ORBIT_CENTER": "EARTH",
        "REF_FRAME": "GCRF",
    }


def _data(r: Floats, v: Floats, matrix: Floats) -> dict[str, Any]:
    values = dict(zip(POSITION + VELOCITY, [*r.tolist(), *v.tolist()], strict=True))
    for i, names in enumerate(COVARIANCE):
        values |= {name: float(matrix[i, j]) for j, name in enumerate(names)}
    return values


def _covariances(
    given: str | Mapping[int, Any], assessment: Assessment, r: Floats, v: Floats, which: int
) -> Floats:
    encounters = assessment.encounters
    if isinstance(given, str):
        return with_velocity(model_covariance(encounters[f"age_{which}_days"], model=given), r, v)
    if not isinstance(given, Mapping):
        raise InputError("covariance must be a mapping of catalog numbers to (6, 6), or the name of a model")
    found = []
    for number, tca in zip(encounters[f"norad_id_{which}"].tolist(), encounters.tca, strict=True):
        if number not in given:
            raise InputError(
                f"covariance lacks object {number}; a CDM must have one of both objects, "
                "so give it, or name a model"
            )
        value = given[number](tca) if callable(given[number]) else given[number]
        matrix = np.asarray(value, np.float64)
        if (
            matrix.shape != (6, 6)
            or not np.isfinite(matrix).all()
            or not np.allclose(matrix, matrix.T, rtol=1e-9)
        ):
            raise InputError(f"covariance[{number}] is no symmetric, finite (6, 6) matrix")
        found.append(matrix)
    return np.array(found).reshape(-1, 6, 6)
