from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import gpuprop
import gpuprop.plot as gp
from gpuprop.encounter_schema import SCHEMA
from gpuprop.errors import InputError
from tests.test_import import modules_after

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gpuprop import Catalog, Encounters

plt = pytest.importorskip("matplotlib.pyplot")
START, STOP = "2009-02-10T16:00:00Z", "2009-02-10T18:00:00Z"
IRIDIUM, COSMOS = 24946, 22675


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    plt.switch_backend("Agg")
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def collision(test_data: Path) -> tuple[Catalog, Encounters]:
    catalog = gpuprop.Catalog.read(test_data / "iridium33_cosmos2251_20090210.tle")
    return catalog, gpuprop.screen(catalog, START, STOP)


@pytest.fixture(scope="module")
def table() -> Encounters:
    """Six encounters made by hand."""
    columns: dict[str, Any] = dict.fromkeys(SCHEMA.names, np.zeros(6))
    columns |= {f"{name}_{k}": [k] * 6 for k in (1, 2) for name in ("norad_id", "name")}
    minutes = np.array([0, 1, 5, 31, 31, 59])
    columns |= dict.fromkeys(["tca", "enter", "exit"], 1_730_419_200_000_000_000 + minutes * 60_000_000_000)
    columns |= {"kind": ["identical", "flyby", "slow", "flyby", "flyby", "slow"], "n_minima": [1] * 6}
    columns |= {"miss_distance_km": [0.0, 1.0, 2.0, 3.0, 4.0, 5.0], "relative_speed_km_s": [0, 1, 2, 3, 4, 5]}
    columns = {name: list(values) for name, values in columns.items()}
    window = {"start": "2024-11-01T00:00:00Z", "stop": "2024-11-01T01:00:00Z"}
    return gpuprop.Encounters.from_columns(columns, parameters=window)


def legend(ax: Any) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_encounters_over_time_counts_each_once(table: Encounters) -> None:
    ax = gp.encounters_over_time(table, bin_minutes=30)
    assert legend(ax) == ["flyby (3)", "slow (2)", "identical (1)"]
    heights = [[bar.get_height() for bar in bars] for bars in ax.containers]
    assert heights == [[1, 2], [1, 1], [1, 0]]
    tops = [
        max(bar.get_y() + bar.get_height() for bar in column) for column in zip(*ax.containers, strict=True)
    ]
    assert tops == [3, 3]
    assert ax.get_xlim() == (20028.0, 20028.0 + 1 / 24)


@pytest.mark.parametrize(
    ("hours", "label"), [(1, "1 min"), (24, "30 min"), (24 * 7, "3 h"), (24 * 900, "15 d")]
)
def test_slices_of_time_suit_the_window(table: Encounters, hours: int, label: str) -> None:
    stop = np.datetime64("2024-11-01T00:00") + np.timedelta64(hours, "h")
    columns = {name: table[name] for name in SCHEMA.names}
    window = {"start": "2024-11-01T00:00:00Z", "stop": f"{stop}:00Z"}
    ax = gp.encounters_over_time(gpuprop.Encounters.from_columns(columns, parameters=window))
    assert ax.get_ylabel() == f"encounters per {label}"


def test_miss_distance_leaves_out_what_it_cannot_show_and_says_so(table: Encounters) -> None:
    ax = gp.miss_distance_against_speed(table)
    points = np.concatenate([collection.get_offsets() for collection in ax.collections])
    assert sorted(points.tolist()) == [[1, 1], [2, 2], [3, 3], [4, 4], [5, 5]]
    assert any("1 with a miss distance below 1 m not shown" in text.get_text() for text in ax.texts)


def test_many_encounters_are_counted_in_cells(table: Encounters) -> None:
    import pyarrow as pa

    rng = np.random.default_rng(3)
    many = pa.concat_tables([table.to_arrow().slice(1)] * 1000)
    for name in ("miss_distance_km", "relative_speed_km_s"):
        many = many.set_column(
            many.column_names.index(name), name, pa.array(rng.uniform(0.1, 9.0, len(many)))
        )
    ax = gp.miss_distance_against_speed(gpuprop.Encounters(many))
    (cells,) = ax.collections
    assert cells.get_array().sum() == 5000


def test_density_counts_both_objects_where_they_are(collision: tuple[Catalog, Encounters]) -> None:
    catalog, encounters = collision
    ax = gp.encounter_density(encounters, catalog)
    (mesh,) = ax.collections
    counts = mesh.get_array().filled(0).reshape(80, 90)
    # Iridium 33 at 86.4 degrees, Cosmos 2251 at 74.0, both 776 km above the equatorial radius
    found = {(int(row), int(column) * 2) for row, column in np.argwhere(counts)}
    assert {column for _, column in found} == {74, 86}
    (row,) = {row for row, _ in found}
    assert 100.0 + row * 23.75 <= 776.0 <= 100.0 + (row + 1) * 23.75
    outside = gp.encounter_density(encounters, catalog, altitude_km=(1000.0, 2000.0))
    assert "1 of 1 encounters at other altitudes not shown" in outside.texts[0].get_text()


@pytest.mark.parametrize("propagated", [False, True])
def test_path_passes_where_the_row_says(collision: tuple[Catalog, Encounters], propagated: bool) -> None:
    catalog, encounters = collision
    given = catalog if propagated else None
    ax = gp.encounter_in_ric(encounters, catalog=given, x="cross_track", y="in_track", half_span_s=1.0)
    x, y = ax.lines[0].get_data()
    middle = len(x) // 2
    at = (encounters.cross_track_km[0], encounters.in_track_km[0])
    np.testing.assert_allclose((x[middle], y[middle]), at, atol=1e-6)
    rate = (encounters.cross_track_km_s[0], encounters.in_track_km_s[0])
    # The axes turn by a milliradian in this second when the path is propagated: 12 m at 12 km
    np.testing.assert_allclose((x[-1] - x[0], y[-1] - y[0]), 2.0 * np.array(rate), atol=0.03)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("cross-track (km)", "in-track (km)")


def test_ellipses_are_those_of_the_combined_covariance(collision: tuple[Catalog, Encounters]) -> None:
    catalog, encounters = collision
    given = {IRIDIUM: np.eye(3) * 30.0**2, COSMOS: np.eye(3) * 40.0**2}
    ax = gp.encounter_plane(encounters, catalog=catalog, covariance=given, sigmas=(1.0, 3.0))
    sizes = [(patch.width, patch.height) for patch in ax.patches[:2]]
    np.testing.assert_allclose(sizes, [(100.0, 100.0), (300.0, 300.0)], rtol=1e-9)
    assert ax.patches[0].center == (pytest.approx(1e3 * encounters.miss_distance_km[0], rel=1e-6), 0.0)
    one = gp.encounter_plane(
        encounters, catalog=catalog, covariance={COSMOS: np.eye(3) * 40.0**2}, sigmas=(1.0,)
    )
    assert one.patches[0].width == pytest.approx(80.0)
    with pytest.raises(InputError, match="covariance knows neither object"):
        gp.encounter_plane(encounters, catalog=catalog, covariance={5: np.eye(3)})


def test_range_history_finds_the_closest_approach(collision: tuple[Catalog, Encounters]) -> None:
    catalog, encounters = collision
    ax = gp.range_history(catalog, IRIDIUM, COSMOS, START, STOP, threshold_km=5)
    times, distances = ax.lines[0].get_data()
    assert (np.diff(times) >= 0.0).all()
    assert distances.min() == pytest.approx(encounters.miss_distance_km[0], abs=1e-3)
    tca = encounters.tca.astype(np.int64)[0] / 86_400e9
    assert times[np.argmin(distances)] == pytest.approx(tca, abs=2e-3 / 86_400)
    assert str(encounters.tca[0])[:19] in ax.texts[-1].get_text()


def test_catalog_overview_counts_by_class() -> None:
    ax = gp.catalog_overview(gpuprop.Catalog.sample())
    assert legend(ax)[:3] == ["LEO (22,542)", "MEO (337)", "GEO (1,151)"]
    geo = ax.collections[2].get_offsets()[:, 1]
    # Radius of the geostationary orbit 42,164 km, less 6,378 km
    assert np.median(np.asarray(geo)) == pytest.approx(35786.0, abs=20.0)


@pytest.mark.parametrize("name", gp.__all__)
def test_given_axes_are_drawn_into(
    name: str, collision: tuple[Catalog, Encounters], table: Encounters
) -> None:
    catalog, encounters = collision
    _, ax = plt.subplots()
    arguments: dict[str, tuple[Any, ...]] = {
        "catalog_overview": (catalog,),
        "range_history": (catalog, IRIDIUM, COSMOS, START, STOP),
        "encounter_density": (encounters, catalog),
    }
    options = {"catalog": catalog, "covariance": "coarse-age"} if name == "encounter_plane" else {}
    assert getattr(gp, name)(*arguments.get(name, (encounters,)), **options, ax=ax) is ax
    ax.figure.canvas.draw()


@pytest.mark.parametrize("name", ["encounters_over_time", "miss_distance_against_speed"])
def test_nothing_found_is_an_empty_plot(name: str) -> None:
    nothing = gpuprop.Encounters.from_columns({column: [] for column in SCHEMA.names})
    ax = getattr(gp, name)(nothing)
    ax.figure.canvas.draw()
    assert ax.get_legend() is None


def test_hostile_names_are_no_formulas(collision: tuple[Catalog, Encounters]) -> None:
    table = collision[1].to_arrow()
    names = table.set_column(2, "name_1", [["$\\frac{1}$ \u202e\x07"]])
    ax = gp.encounter_in_ric(gpuprop.Encounters(names))
    assert "\u202e" not in ax.get_title(loc="left")
    ax.figure.canvas.draw()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"row": 1}, "row is 1; there are 1 encounters"),
        ({"x": "along"}, "'along' is no direction; choose from 'radial', 'in_track', 'cross_track'"),
        ({"half_span_s": 0.0}, "half_span_s is 0.0; give seconds above zero"),
    ],
)
def test_refusals(collision: tuple[Catalog, Encounters], options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        gp.encounter_in_ric(collision[1], **options)


def test_a_missing_matplotlib_is_one_sentence(monkeypatch: pytest.MonkeyPatch, table: Encounters) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"^plots need matplotlib: pip install 'gpuprop\[plot\]'$"):
        gp.encounters_over_time(table)


def test_import_leaves_matplotlib_alone() -> None:
    assert "matplotlib" not in modules_after("import gpuprop.plot, gpuprop.report")
