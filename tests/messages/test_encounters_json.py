"""Encounters as JSON in the published schema."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

import gpuprop
from gpuprop import Catalog
from gpuprop.errors import CatalogError
from gpuprop.messages import encounters_to_json, read_encounters_json
from gpuprop.messages.encounters_json import json_schema

if TYPE_CHECKING:
    from pathlib import Path

    from gpuprop import Encounters


@pytest.fixture(scope="module")
def screened(test_data: Path) -> tuple[Catalog, Encounters]:
    decayed = Catalog.read(test_data / "SGP4-VER.TLE", checksum="ignore").select(ids=[28872])
    catalog = Catalog.concatenate([Catalog.sample()[::20], decayed])
    return catalog, gpuprop.screen(catalog, "2024-11-01T00:00Z", "2024-11-01T03:00Z", threshold_km=20.0)


def test_it_keeps_to_the_schema_and_reads_back_equal(screened: tuple[Catalog, Encounters]) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    catalog, encounters = screened
    assert len(encounters) > 20
    assert len(encounters.report) > 0
    for covariance in (None, "coarse-age"):
        text = encounters_to_json(gpuprop.assess(encounters, catalog, covariance=covariance), catalog)
        found = json.loads(text)
        jsonschema.Draft202012Validator.check_schema(json_schema())
        jsonschema.validate(found, json_schema(), cls=jsonschema.Draft202012Validator)
        assert read_encounters_json(text) == encounters
        assert found["provenance"]["catalog"] == catalog.digest
        assert found["provenance"]["mode"] == "afspc"
        assert found["provenance"]["parameters"]["threshold_km"] == 20.0
        given = [row["probability"] is not None for row in found["encounters"]]
        assert given == [not row["note"] for row in found["encounters"]]
        assert any(given) == (covariance is not None)


def test_the_digest_is_of_the_elements(screened: tuple[Catalog, Encounters]) -> None:
    catalog, _ = screened
    assert catalog[::-1].digest == catalog.digest
    assert catalog[:-1].digest != catalog.digest
    again = Catalog.read(catalog.to_text(format="json"))
    assert again.digest == catalog.digest
    changed = catalog.bstar.copy()
    changed[0] = np.nextafter(changed[0], 1.0)
    columns = {
        name: getattr(catalog, name)
        for name in (
            "norad_id",
            "epoch",
            "mean_motion",
            "eccentricity",
            "inclination",
            "ra_of_asc_node",
            "arg_of_pericenter",
            "mean_anomaly",
        )
    }
    assert Catalog.from_arrays(**columns, bstar=changed).digest != catalog.digest


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", "format is"),
        ("{", "is no JSON"),
        ('{"format": "gpuprop-encounters"}', "format_version is None"),
        ('{"format": "gpuprop-encounters", "format_version": 1}', "does not keep to the schema"),
        (
            '{"format": "gpuprop-encounters", "format_version": 1, "encounters": [{}]}',
            "does not keep to the schema",
        ),
    ],
)
def test_other_texts_are_refused(text: str, words: str) -> None:
    with pytest.raises(CatalogError, match=words):
        read_encounters_json(text)
