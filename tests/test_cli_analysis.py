"""The commands ``pc`` and ``export``."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

import gpuprop
from gpuprop import Catalog, Encounters
from gpuprop.messages import Cdm, Oem, read_encounters_json

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Run

IRIDIUM, COSMOS = 24946, 22675


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog as OMM and the encounters of three hours."""
    where = tmp_path_factory.mktemp("analysis")
    catalog = Catalog.sample()[::20]
    catalog.write(where / "catalog.csv")
    found = gpuprop.screen(catalog, "2024-11-01T00:00Z", "2024-11-01T03:00Z", threshold_km=10.0)
    found.to_parquet(where / "encounters.parquet")
    return where


@pytest.fixture(scope="module")
def collision(tmp_path_factory: pytest.TempPathFactory, test_data: Path) -> tuple[Path, Path]:
    file = test_data / "iridium33_cosmos2251_20090210.tle"
    encounters = tmp_path_factory.mktemp("collision") / "encounters.parquet"
    gpuprop.screen(Catalog.read(file), "2009-02-10T16:00Z", "2009-02-10T18:00Z").to_parquet(encounters)
    return encounters, file


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_pc_prints_and_writes_the_likeliest_first(run: Run, folder: Path) -> None:
    code, out, err = run(
        "pc", folder / "encounters.parquet", folder / "catalog.csv",
        "--covariance", "coarse-age", "--top", 3, "--output", folder / "pc.csv",
    )  # fmt: skip
    assert (code, err) == (0, "")
    assert "indicative: coarse-age" in out
    written = rows(folder / "pc.csv")
    assert len(written) == len(Encounters.read(folder / "encounters.parquet"))
    given = [float(row["probability"]) for row in written if row["probability"]]
    assert given == sorted(given, reverse=True)
    assert f"{given[0]:.3e}" in out
    assert f"{given[3]:.3e}" not in out
    for row in written:
        assert bool(row["probability"]) == (row["note"] == "")
        assert row["covariance"] == "indicative: coarse-age"


def test_pc_without_covariance_says_so(run: Run, folder: Path) -> None:
    code, out, _ = run("pc", folder / "encounters.parquet", folder / "catalog.csv", "--sort", "maximum")
    assert code == 0
    assert "no covariance: only the maximum is given" in out


def test_filters(run: Run, folder: Path) -> None:
    table = Encounters.read(folder / "encounters.parquet")
    number = int(table.norad_id_1[table.kind == "flyby"][0])
    for options, mask in [
        (("--id", number), (table.norad_id_1 == number) | (table.norad_id_2 == number)),
        (
            ("--kind", "flyby", "--max-miss-km", 4.0),
            (table.kind == "flyby") & (table.miss_distance_km <= 4.0),
        ),
        (("--kind", "slow", "--kind", "co-orbital"), np.isin(table.kind, ["slow", "co-orbital"])),
    ]:
        output = folder / "filtered.csv"
        code, out, _ = run(
            "pc", folder / "encounters.parquet", folder / "catalog.csv", *options, "--output", output
        )
        assert code == 0
        assert f"{mask.sum():,} chosen" in out
        assert len(rows(output)) == mask.sum()
    code, out, _ = run(
        "pc", folder / "encounters.parquet", folder / "catalog.csv", "--covariance", "coarse-age",
        "--min-probability", 1e-8, "--output", folder / "likely.csv", "--sort", "miss_distance_km",
    )  # fmt: skip
    likely = rows(folder / "likely.csv")
    assert code == 0
    assert likely
    assert all(float(row["probability"] or row["probability_maximum"]) >= 1e-8 for row in likely)
    misses = [float(row["miss_distance_km"]) for row in likely]
    assert misses == sorted(misses)


def test_pc_with_tables_of_radii_and_covariances(
    run: Run, collision: tuple[Path, Path], tmp_path: Path
) -> None:
    (tmp_path / "radii.csv").write_text(f"norad_id,hard_body_radius_m\n{IRIDIUM},6\n{COSMOS},4\n")
    (tmp_path / "sigma.csv").write_text(
        "norad_id,cr_r_m2,ct_r_m2,ct_t_m2,cn_r_m2,cn_t_m2,cn_n_m2\n"
        f"{IRIDIUM},250000,0,250000,0,0,250000\n{COSMOS},250000,0,250000,0,0,250000\n"
    )
    code, _, err = run(
        "pc", *collision, "--hard-body-radius-m", tmp_path / "radii.csv",
        "--covariance", tmp_path / "sigma.csv", "--output", tmp_path / "pc.csv",
    )  # fmt: skip
    assert (code, err) == (0, "")
    (row,) = rows(tmp_path / "pc.csv")
    miss = 1e3 * float(row["miss_distance_km"])
    expected = 10.0**2 / (2.0 * 500_000.0) * np.exp(-0.5 * miss**2 / 500_000.0)
    assert float(row["probability"]) == pytest.approx(expected, rel=1e-3)
    assert row["covariance"] == "given"
    assert row["hard_body_radius_m"] == "10.0"


def test_pc_of_a_message(run: Run, test_data: Path) -> None:
    """CARA's Pc2D_Foster unit test, Alfano case 3."""
    code, out, _ = run("pc", test_data / "cdm" / "AlfanoTestCase03.cdm", "--hard-body-radius-m", 15)
    assert code == 0
    assert "1.003509e-01" in out
    assert "left out: line" in out
    code, _, err = run("pc", test_data / "cdm" / "CDM-missing-TCA.txt")
    assert code == 2
    assert "TCA missing" in err


@pytest.mark.parametrize("form", ["cdm", "cdm-xml"])
def test_export_of_messages(run: Run, folder: Path, tmp_path: Path, form: str) -> None:
    code, out, err = run(
        "export", folder / "catalog.csv", "--encounters", folder / "encounters.parquet", "--format", form,
        "--covariance", "coarse-age", "--sort", "miss_distance_km", "--kind", "flyby", "--top", 2,
        "--output", tmp_path,
    )  # fmt: skip
    assert (code, err) == (0, "")
    assert "2 encounters" in out
    files = sorted(tmp_path.iterdir())
    assert [file.suffix for file in files] == [".xml" if form == "cdm-xml" else ".cdm"] * 2
    table = Encounters.read(folder / "encounters.parquet")
    closest = np.sort(table.miss_distance_km[table.kind == "flyby"])[:2]
    misses = sorted(Cdm.read(file).relative["MISS_DISTANCE"] / 1e3 for file in files)
    np.testing.assert_allclose(misses, closest, rtol=1e-12)


def test_export_of_json(run: Run, folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "e.json"
    code, _, err = run(
        "export", folder / "catalog.csv", "--encounters", folder / "encounters.parquet",
        "--format", "json", "--output", output,
    )  # fmt: skip
    assert (code, err) == (0, "")
    assert read_encounters_json(output) == Encounters.read(folder / "encounters.parquet")
    assert json.loads(output.read_text())["format"] == "gpuprop-encounters"


def test_export_of_states_and_back_as_covariances(
    run: Run, collision: tuple[Path, Path], tmp_path: Path
) -> None:
    encounters, catalog = collision
    output = tmp_path / "states.oem"
    code, out, err = run(
        "export", catalog, "--format", "oem", "--id", IRIDIUM, "--id", COSMOS, "--step-s", 10,
        "--start", "2009-02-10T16:55:00Z", "--stop", "2009-02-10T16:57:00Z", "--output", output,
    )  # fmt: skip
    assert (code, err) == (0, "")
    assert "2 objects" in out
    assert [len(segment.times) for segment in Oem.read(output).segments] == [13, 13]
    block = "COVARIANCE_START\nEPOCH = 2009-02-10T16:56:00\nCOV_REF_FRAME = {}\n" + "".join(
        " ".join("0.25" if i == j and i < 3 else "1e-6" if i == j else "0" for j in range(i + 1)) + "\n"
        for i in range(6)
    )
    text = output.read_text().replace("\n\nMETA_START", f"\n{block.format('RTN')}COVARIANCE_STOP\nMETA_START")
    first, second = text.split("META_START", 2)[1:]
    head = text[: text.index("META_START")].replace(f"{block.format('RTN')}COVARIANCE_STOP\n", "")
    text = f"{head}META_START{first}META_START{second}{block.format('TEME')}COVARIANCE_STOP\n"
    output.write_text(text)
    code, _, err = run("pc", encounters, catalog, "--covariance", output, "--output", tmp_path / "pc.csv")
    assert (code, err) == (0, "")
    (row,) = rows(tmp_path / "pc.csv")
    miss = 1e3 * float(row["miss_distance_km"])
    expected = 10.0**2 / (2.0 * 500_000.0) * np.exp(-0.5 * miss**2 / 500_000.0)
    assert float(row["probability"]) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("pc", "absent.parquet", "sample"), "absent.parquet: no such file"),
        (("pc", "{encounters}"), "second argument"),
        (
            ("pc", "{encounters}", "{catalog}", "--covariance", "exact"),
            "neither a file nor one of none, coarse-age",
        ),
        (("pc", "{encounters}", "{catalog}", "--kind", "crash"), "--kind 'crash' is not known"),
        (("pc", "{encounters}", "{catalog}", "--hard-body-radius-m", "0"), "hard_body_radius_m is 0"),
        (("pc", "{encounters}", "sample", "--output", "x.txt"), "--output x.txt"),
        (("export", "{catalog}", "--format", "json", "--output", "x"), "needs --encounters"),
        (
            ("export", "{catalog}", "--format", "oem", "--output", "x", "--id", "5"),
            "needs --start and --stop",
        ),
        (
            ("export", "{catalog}", "--format", "cdm", "--output", "absent", "--encounters", "{encounters}"),
            "not a folder",
        ),
        (
            ("export", "{catalog}", "--format", "cdm", "--output", ".", "--encounters", "{encounters}"),
            "a CDM must have covariances",
        ),
    ],
)
def test_wrong_use_is_one_sentence(run: Run, folder: Path, arguments: tuple[str, ...], words: str) -> None:
    files = {"encounters": folder / "encounters.parquet", "catalog": folder / "catalog.csv"}
    code, _, err = run(*(argument.format(**files) for argument in arguments))
    assert code == 2
    assert err.startswith("gpuprop: ")
    assert err.count("\n") == 1
    assert words in err


def test_export_of_a_scene(run: Run, collision: tuple[Path, Path], tmp_path: Path) -> None:
    encounters, catalog = collision
    output = tmp_path / "scene.czml"
    code, out, err = run(
        "export", catalog, "--format", "czml", "--encounters", encounters, "--output", output
    )
    assert (code, err) == (0, "")
    assert "1 encounters" in out
    packets = json.loads(output.read_text())
    assert packets[0]["clock"]["interval"] == "2009-02-10T16:00:00.000Z/2009-02-10T18:00:00.000Z"
    assert [packet["id"] for packet in packets[1:3]] == [f"object/{COSMOS}", f"object/{IRIDIUM}"]
    code, out, _ = run(
        "export", catalog, "--format", "czml", "--id", IRIDIUM, "--frame", "inertial",
        "--start", "2009-02-10T16:55:00Z", "--stop", "2009-02-10T16:57:00Z", "--output", output,
    )  # fmt: skip
    assert code == 0
    assert "1 objects" in out
    assert json.loads(output.read_text())[1]["position"]["referenceFrame"] == "INERTIAL"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--id", IRIDIUM], "--format czml needs --start and --stop"),
        (["--start", "2009-02-10", "--stop", "2009-02-11"], "--format czml needs objects"),
    ],
)
def test_a_scene_needs_objects_and_a_window(
    run: Run, collision: tuple[Path, Path], tmp_path: Path, arguments: list[object], sentence: str
) -> None:
    code, _, err = run("export", collision[1], "--format", "czml", "--output", tmp_path / "s", *arguments)
    assert code == 2
    assert sentence in err
