"""Where a result comes from, so that another can make it again."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

import gpuprop

if TYPE_CHECKING:
    from gpuprop.catalog import Catalog
    from gpuprop.encounter_table import Encounters

__all__ = ["Provenance", "catalog_digest"]

_HASHED = (
    "norad_id",
    "epoch",
    "mean_motion",
    "eccentricity",
    "inclination",
    "ra_of_asc_node",
    "arg_of_pericenter",
    "mean_anomaly",
    "bstar",
)


def catalog_digest(catalog: Catalog) -> str:
    """Return the SHA-256 of what a screening depends on: numbers, epochs and elements of all element sets.

    The order of the catalog, its file format and its names do not enter.

    Parameters
    ----------
    catalog : Catalog
        Element sets.

    Returns
    -------
    str
        ``"sha256:"`` and 64 hexadecimal digits.

    Examples
    --------
    >>> import gpuprop
    >>> catalog_digest(gpuprop.Catalog.sample()) == catalog_digest(gpuprop.Catalog.sample()[::-1])
    True
    """
    columns = [getattr(catalog, name) for name in _HASHED]
    order = np.lexsort(columns[::-1])
    digest = hashlib.sha256()
    for name, column in zip(_HASHED, columns, strict=True):
        kind = "<i8" if column.dtype.kind == "i" else "<f8"
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(column[order], kind).tobytes())
    return f"sha256:{digest.hexdigest()}"


@dataclass(frozen=True, slots=True)
class Provenance:
    """What made a message.

    Attributes
    ----------
    program, version : str
        gpuprop and its version.
    engine, mode : str or None
        What computed the states, and SGP4's operation mode; None where the encounters do not say.
    catalog : str
        Digest of the element sets, by `catalog_digest`.
    parameters : dict
        What the screening was asked for.

    Examples
    --------
    >>> Provenance(engine="cpu", mode="afspc", catalog="sha256:0", parameters={}).program
    'gpuprop'
    """

    engine: str | None
    mode: str | None
    catalog: str
    parameters: dict[str, Any]
    program: str = "gpuprop"
    version: str = gpuprop.__version__

    @classmethod
    def of(cls, encounters: Encounters, catalog: Catalog) -> Provenance:
        """Gather the provenance of encounters of a catalog.

        Examples
        --------
        >>> import gpuprop
        >>> catalog = gpuprop.Catalog.sample()[:2]
        >>> encounters = gpuprop.screen(catalog, "2024-11-01", "2024-11-01T01:00")
        >>> Provenance.of(encounters, catalog).mode
        'afspc'
        """
        asked = dict(encounters.parameters)
        return cls(
            engine=asked.get("engine"),
            mode=asked.get("mode"),
            catalog=catalog_digest(catalog),
            parameters=asked,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values for JSON.

        Examples
        --------
        >>> sorted(Provenance(engine=None, mode=None, catalog="", parameters={}).to_dict())
        ['catalog', 'engine', 'mode', 'parameters', 'program', 'version']
        """
        return asdict(self)

    def comments(self) -> list[str]:
        """Return it as comment lines of a CCSDS message.

        Examples
        --------
        >>> Provenance(engine="cpu", mode="afspc", catalog="sha256:0", parameters={}).comments()[1:]
        ['engine cpu, mode afspc', 'element sets sha256:0']
        """
        lines = [
            f"made by {self.program} {self.version} from element sets by SGP4 with WGS-72",
            f"engine {self.engine or 'not known'}, mode {self.mode or 'not known'}",
            f"element sets {self.catalog}",
        ]
        asked = {name: value for name, value in self.parameters.items() if name not in ("engine", "mode")}
        if asked:
            lines.append("screened with " + ", ".join(f"{name} {value}" for name, value in asked.items()))
        return lines
