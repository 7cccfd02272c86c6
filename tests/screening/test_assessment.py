"""Encounters with probabilities, from a screening to the table."""

from __future__ import annotations

import csv
import json
import math
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

import gpuprop
from gpuprop import Catalog, Encounters
from gpuprop.encounter_schema import ASSESSED, SCHEMA
from gpuprop.errors import InputError
from gpuprop.screening.at_tca import at_tca

if TYPE_CHECKING:
    from pathlib import Path


IRIDIUM, COSMOS = 24946, 22675


@pytest.fixture(scope="module")
def collision(test_data: Path) -> Catalog:
    return Catalog.read(test_data / "iridium33_cosmos2251_20090210.tle")


@pytest.fixture(scope="module")
def encounters(collision: Catalog) -> Encounters:
    return gpuprop.screen(collision, "2009-02-10T16:00Z", "2009-02-10T18:00Z", threshold_km=5.0)


@pytest.fixture(scope="module")
def many() -> tuple[Catalog, Encounters]:
    catalog = Catalog.sample()[::10]
    return catalog, gpuprop.screen(catalog, "2024-11-01T00:00Z", "2024-11-01T06:00Z", threshold_km=10.0)


def test_states_at_tca_are_those_of_python_sgp4(collision: Catalog, encounters: Encounters) -> None:
    pytest.importorskip("sgp4")
    found = at_tca(encounters, collision)
    assert found.rows.shape == (2, 1)
    tca = encounters.tca[0]
    day = tca.astype("datetime64[D]")
    fraction = (tca - day.astype("datetime64[ns]")).astype(np.int64) / 86_400e9
    for k, number in enumerate((COSMOS, IRIDIUM)):
        (satellite,) = collision.select(ids=[number]).to_satrecs()
        error, r, v = satellite.sgp4(2440587.5 + day.astype(np.int64), fraction)
        assert error == 0
        np.testing.assert_allclose(found.r[k, 0], r, atol=1e-5)
        np.testing.assert_allclose(found.v[k, 0], v, atol=1e-8)
    distance = np.linalg.norm(found.r[1, 0] - found.r[0, 0])
    assert distance == pytest.approx(encounters.miss_distance_km[0], abs=1e-9)


def test_the_collision_of_2009(collision: Catalog, encounters: Encounters) -> None:
    """Miss of 698 m by these elements: with round 500 m sigmas and 10 m the small-disk formula holds."""
    sigma = 500.0
    assessment = gpuprop.assess(
        encounters,
        collision,
        hard_body_radius_m={IRIDIUM: 6.0, COSMOS: 4.0},
        covariance={IRIDIUM: np.eye(3) * sigma**2, COSMOS: np.eye(6) * sigma**2},
    )
    variance = 2.0 * sigma**2
    miss = assessment.probabilities.miss_distance_m[0]
    assert miss == pytest.approx(1e3 * encounters.miss_distance_km[0], abs=1e-3)
    expected = 10.0**2 / (2.0 * variance) * math.exp(-0.5 * miss**2 / variance)
    assert assessment.probabilities.probability[0] == pytest.approx(expected, rel=1e-3)
    assert assessment.covariance == ("given",)
    # Round and alike: the largest is at sigma = miss / sqrt(2) of the sum
    assert assessment.probabilities.maximum[0] == pytest.approx(10.0**2 / (math.e * miss**2), rel=1e-3)


def test_without_covariance_only_the_maximum(collision: Catalog, encounters: Encounters) -> None:
    assessment = gpuprop.assess(encounters, collision)
    assert math.isnan(assessment.probabilities.probability[0])
    assert 0.0 < assessment.probabilities.maximum[0] < 1.0
    assert assessment.covariance == ("none",)
    half = gpuprop.assess(encounters, collision, covariance={IRIDIUM: np.eye(3) * 1e4})
    assert half.covariance == ("given for one object",)
    assert math.isnan(half.probabilities.probability[0])
    assert half.probabilities.maximum[0] > 0.0


def test_a_modelled_covariance_is_called_indicative_everywhere(
    collision: Catalog, encounters: Encounters, tmp_path: Path
) -> None:
    assessment = gpuprop.assess(encounters, collision, covariance="coarse-age")
    assert assessment.covariance == ("indicative: coarse-age",)
    assert assessment.probabilities.probability[0] > 0.0
    assessment.to_parquet(tmp_path / "a.parquet")
    table = parquet.read_table(tmp_path / "a.parquet")
    assert table["covariance"].to_pylist() == ["indicative: coarse-age"]
    asked = json.loads(table.schema.metadata[b"gpuprop.assessment"])
    assert asked["covariance"] == "coarse-age"
    assert b"gpuprop.parameters" in table.schema.metadata
    assessment.to_csv(tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["covariance"] == "indicative: coarse-age"
    assert float(row["probability"]) == assessment.probabilities.probability[0]


@pytest.mark.parametrize("name", ["a.parquet", "a.csv"])
def test_encounters_are_read_from_what_an_assessment_wrote(
    collision: Catalog, encounters: Encounters, tmp_path: Path, name: str
) -> None:
    assessment = gpuprop.assess(encounters, collision, covariance="coarse-age")
    assert assessment.to_arrow().column_names == [*SCHEMA.names, *ASSESSED]
    (assessment.to_parquet if name.endswith("parquet") else assessment.to_csv)(tmp_path / name)
    read = Encounters.read(tmp_path / name)
    if name.endswith("parquet"):
        assert read == encounters
        assert set(read.to_arrow().schema.metadata) == set(encounters.to_arrow().schema.metadata)
    for column in SCHEMA.names:
        np.testing.assert_array_equal(read[column], encounters[column])


def test_a_column_that_nobody_wrote_is_refused(encounters: Encounters, tmp_path: Path) -> None:
    table = encounters.to_arrow().append_column("speed", pa.array([1.0] * len(encounters)))
    parquet.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(InputError, match="columns not known: speed"):
        Encounters.read(tmp_path / "a.parquet")


def test_every_row_has_a_number_or_a_reason(many: tuple[Catalog, Encounters]) -> None:
    catalog, encounters = many
    assessment = gpuprop.assess(encounters, catalog, covariance="coarse-age")
    found = assessment.probabilities
    assert len(encounters) > 50
    for value, note in zip(found.probability, found.notes(), strict=True):
        assert math.isnan(value) == bool(note)
    usable = ~np.isnan(found.probability)
    assert usable.sum() > 50
    assert (found.maximum[usable] >= found.probability[usable] * (1.0 - 1e-9)).all()
    assert (found.probability[usable] <= 1.0).all()


def test_an_object_without_a_radius_has_a_note(collision: Catalog, encounters: Encounters) -> None:
    found = gpuprop.assess(encounters, collision, hard_body_radius_m={IRIDIUM: 5.0}).probabilities
    assert "hard-body radius not given" in found.notes()[0]
    assert math.isnan(found.maximum[0])


def test_sorting(many: tuple[Catalog, Encounters]) -> None:
    catalog, encounters = many
    assessment = gpuprop.assess(encounters, catalog, covariance="coarse-age")
    by_probability = assessment.top(5).probabilities.probability
    finite = assessment.probabilities.probability[~np.isnan(assessment.probabilities.probability)]
    np.testing.assert_array_equal(by_probability, np.sort(finite)[::-1][:5])
    np.testing.assert_array_equal(
        assessment.top(7, by="miss_distance_km").encounters.miss_distance_km,
        np.sort(encounters.miss_distance_km)[:7],
    )
    assert (np.diff(assessment.top(9, by="tca").encounters.tca.astype(np.int64)) >= 0).all()
    fast = assessment.take(encounters.relative_speed_km_s > 10.0)
    assert (fast.encounters.relative_speed_km_s > 10.0).all()
    with pytest.raises(InputError, match="by is 'luck'"):
        assessment.top(1, by="luck")


def test_the_wrong_catalog_is_refused(collision: Catalog, encounters: Encounters) -> None:
    with pytest.raises(InputError, match="no object 24946"):
        gpuprop.assess(encounters, collision.select(ids=[COSMOS]))
    later = Catalog.from_arrays(
        norad_id=collision.norad_id,
        epoch=collision.epoch + 3_600_000_000_000,
        mean_motion=collision.mean_motion,
        eccentricity=collision.eccentricity,
        inclination=collision.inclination,
        ra_of_asc_node=collision.ra_of_asc_node,
        arg_of_pericenter=collision.arg_of_pericenter,
        mean_anomaly=collision.mean_anomaly,
        bstar=collision.bstar,
    )
    with pytest.raises(InputError, match="another element set of object"):
        gpuprop.assess(encounters, later)


def test_two_element_sets_of_one_object(collision: Catalog) -> None:
    """The epoch tells which of two element sets under one number is meant."""
    twice = Catalog.concatenate([collision, collision])
    encounters = gpuprop.screen(collision, "2009-02-10T16:00Z", "2009-02-10T18:00Z", threshold_km=5.0)
    found = at_tca(encounters, twice)
    np.testing.assert_array_equal(twice.norad_id[found.rows[:, 0]], [COSMOS, IRIDIUM])


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"hard_body_radius_m": -1.0}, "hard_body_radius_m is -1"),
        ({"hard_body_radius_m": "big"}, "hard_body_radius_m is neither"),
        ({"covariance": "exact"}, "coarse-age"),
        ({"covariance": np.eye(3)}, "covariance is ndarray"),
        ({"covariance": {IRIDIUM: np.eye(2)}}, "covariance.24946. has shape"),
        ({"method": "guess"}, "method is 'guess'"),
    ],
)
def test_bad_arguments_raise(
    collision: Catalog, encounters: Encounters, changed: dict[str, object], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        gpuprop.assess(encounters, collision, **changed)  # type: ignore[arg-type]  # wrong on purpose
