"""The report in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import gpuprop
from gpuprop.encounter_schema import SCHEMA
from gpuprop.report import write_report
from tests import browser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gpuprop import Catalog, Encounters

    Opened = Callable[..., Any]

pytest.importorskip("matplotlib")
pytestmark = pytest.mark.skipif(bool(browser.missing()), reason=browser.missing())


# How many pixels of the globe have the colours of the two orbits
COUNT_COLOURS = """() => {
  const canvas = document.getElementById('globe'), { width, height } = canvas;
  const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
  return [[0, 90, 142], [179, 71, 0]].map((wanted) => {
    let count = 0;
    for (let i = 0; i < data.length; i += 4) count += wanted.every((c, k) => Math.abs(data[i + k] - c) < 20);
    return count;
  });
}"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser.launched() as started:
        yield started


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, encounters: Encounters, catalog: Catalog) -> Path:
    folder = tmp_path_factory.mktemp("reports")
    write_report(encounters, folder / "full.html", catalog=catalog, tracks=5)
    write_report(encounters, folder / "plain.html")
    nothing = gpuprop.Encounters.from_columns({name: [] for name in SCHEMA.names})
    write_report(nothing, folder / "empty.html")
    return folder


@pytest.fixture
def opened(chromium: Any, files: Path) -> Iterator[Opened]:
    """Open a report; at the end, no script may have failed and nothing may have been loaded or shown."""
    pages: list[Any] = []
    wrong: list[str] = []

    def open_(name: str, width: int = 1280) -> Any:
        page = chromium.new_page(viewport={"width": width, "height": 900})
        pages.append(page)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.on("dialog", lambda dialog: wrong.append(dialog.message))
        page.on("request", lambda request: wrong.append(request.url) if request.url[:4] == "http" else None)
        page.goto((files / f"{name}.html").as_uri())
        page.wait_for_selector("html[data-ready=yes]")
        return page

    yield open_
    for page in pages:
        page.close()
    assert wrong == []


def column(page: Any, place: int) -> list[str]:
    return page.locator(f"#table tbody tr > :nth-child({place})").all_inner_texts()


def test_the_closest_passes_come_first_and_headers_sort(opened: Opened, encounters: Encounters) -> None:
    page = opened("full")
    passes = encounters.select(mask=~np.isin(encounters.kind, ["identical", "co-orbital"]))
    expected = [f"{miss:.3f}" for miss in np.sort(passes.miss_distance_km)[:30]]
    assert column(page, 4) == expected
    header = page.locator("#table thead th", has_text="relative speed")
    assert header.get_attribute("aria-sort") == "none"
    header.get_by_role("button").click()
    assert header.get_attribute("aria-sort") == "ascending"
    header.get_by_role("button").press("Enter")
    assert header.get_attribute("aria-sort") == "descending"
    fastest = np.sort(passes.relative_speed_km_s)[::-1][:30]
    np.testing.assert_allclose([float(text) for text in column(page, 5)], fastest, atol=6e-4)


def test_filters_count_what_numpy_counts(opened: Opened, encounters: Encounters) -> None:
    page = opened("full")
    status = page.locator("#status")
    page.locator("#kind").select_option("all")
    assert f"of {len(encounters):,} encounters" in status.inner_text()
    page.locator("#filter-value").fill("2.5")
    count = np.count_nonzero(encounters.miss_distance_km <= 2.5)
    assert f"of {count:,} encounters, chosen from {len(encounters):,}" in status.inner_text()
    page.locator("#filter-relation").select_option("least")
    assert f"of {len(encounters) - count:,} encounters" in status.inner_text()
    page.get_by_role("button", name="Clear").click()
    page.locator("#kind").select_option("all")
    number = int(np.bincount(encounters.norad_id_1).argmax())
    page.locator("#search").fill(str(number))
    starts = [str(n).startswith(str(number)) for n in range(int(encounters.norad_id_2.max()) + 1)]
    found = np.array(starts)[encounters.norad_id_1] | np.array(starts)[encounters.norad_id_2]
    assert f"of {np.count_nonzero(found):,} encounters" in status.inner_text()
    page.locator("#search").fill("no such object")
    assert status.inner_text().startswith("0 encounters")
    assert column(page, 1) == []


def test_all_rows_are_on_some_page(opened: Opened, encounters: Encounters) -> None:
    page = opened("plain")
    page.locator("#kind").select_option("all")
    seen = column(page, 4)
    while page.locator("#next").is_enabled():
        page.locator("#next").click()
        seen += column(page, 4)
    assert seen == [f"{miss:.3f}" for miss in np.sort(encounters.miss_distance_km)]


def test_the_keyboard_is_enough(opened: Opened) -> None:
    page = opened("full")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent").startswith("Skip to the table")
    page.locator("#table tbody button").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.locator("#table tbody tr").nth(2).get_attribute("aria-current") == "true"
    shown = page.locator("#facts").inner_text()
    assert column(page, 4)[2] in shown
    page.keyboard.press("PageDown")
    assert "Rows 31 to 60" in page.locator("#status").inner_text()
    assert page.evaluate("document.activeElement.closest('tbody') !== null")
    page.locator("#globe").focus()
    before = page.locator("#globe").screenshot()
    page.keyboard.press("ArrowLeft")
    assert page.locator("#globe").screenshot() != before


def test_the_globe_shows_both_orbits(opened: Opened) -> None:
    page = opened("full")
    colours = page.evaluate(COUNT_COLOURS)
    assert min(colours) > 200
    assert "about the Earth; they pass each other at an altitude of" in page.locator("#globe").get_attribute(
        "aria-label"
    )
    page.locator("#time").fill("0.25")
    assert "min, distance" in page.locator("#time-shown").inner_text()


def test_without_orbits_the_page_says_why(opened: Opened) -> None:
    page = opened("plain")
    assert page.locator("#globe").is_hidden()
    assert "made without a catalog" in page.locator("#no-orbits").inner_text()
    assert "a straight line" in page.locator("#path-note").inner_text()
    full = opened("full")
    full.locator("#table tbody button").nth(9).click()
    assert "closest passes only" in full.locator("#no-orbits").inner_text()


def test_every_kind_can_be_shown(opened: Opened) -> None:
    page = opened("full")
    kinds = [text for text in page.locator("#kind option").all_inner_texts() if not text.startswith("all")]
    assert "flyby" in kinds
    for kind in kinds:
        page.locator("#kind").select_option(f"={kind}")
        page.locator("#table tbody button").first.click()
        assert kind in page.locator("#facts").inner_text()
        assert page.locator("#path polyline").count() == 2


def test_hostile_names_are_text(opened: Opened) -> None:
    page = opened("full")
    names = " ".join(page.locator("#table bdi").all_inner_texts())
    for name in browser.HOSTILE:
        clean = "".join(letter if letter.isprintable() else "\ufffd" for letter in name)
        assert " ".join(clean.split()) in " ".join(names.split())
    assert page.locator("script").count() == 2
    assert page.locator("img[src=x]").count() == 0


@pytest.mark.parametrize(
    ("name", "width"),
    [
        ("full", 420),
        pytest.param("empty", 1280, marks=pytest.mark.slow),
        pytest.param("full", 1280, marks=pytest.mark.slow),
        pytest.param("plain", 420, marks=pytest.mark.slow),
    ],
)
def test_axe_finds_nothing(opened: Opened, name: str, width: int) -> None:
    page = opened(name, width)
    page.locator("#columns summary").click()
    assert browser.axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
