"""Messages for other programs: CDM, OEM and JSON, out and in, and CZML, out."""

from __future__ import annotations

from gpuprop.messages.cdm import Cdm, encounter_cdms
from gpuprop.messages.czml import catalog_czml
from gpuprop.messages.encounters_json import encounters_to_json, read_encounters_json
from gpuprop.messages.oem import Oem, OemSegment, catalog_oem
from gpuprop.messages.provenance import Provenance

__all__ = [
    "Cdm",
    "Oem",
    "OemSegment",
    "Provenance",
    "catalog_czml",
    "catalog_oem",
    "encounter_cdms",
    "encounters_to_json",
    "read_encounters_json",
]
