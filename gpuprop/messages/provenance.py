"""Where a result comes from, so that another can make it again."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import gpuprop

if TYPE_CHECKING:
    from gpuprop.catalog import Catalog
    from gpuprop.encounter_table import Encounters

__all__ = ["Provenance"]


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
        Digest of the element sets, by `gpuprop.Catalog.digest`.
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
            catalog=catalog.digest,
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
        asked = {
            name: value
            for name, value in self.parameters.items()
            if name not in ("engine", "mode", "catalog")
        }
        if asked:
            lines.append("screened with " + ", ".join(f"{name} {value}" for name, value in asked.items()))
        return lines
