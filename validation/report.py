"""The report in a real browser: how long it takes to load, whether it is accessible, what it looks like.

python validation/report.py [FOLDER]

Screens the sample catalog twice, for few and for more than 100,000 encounters, gives some of them hostile
names, writes both reports and screenshots at two widths to FOLDER, and exits with 1 if a page is not ready
within 3 s, axe finds a violation of WCAG 2.2 A or AA, a page is wider than its window, a script fails, a name
gets out or anything is loaded from elsewhere.

Needs playwright and axe-playwright-python (extra ``browser``) and Chromium or Chrome.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

import gpuprop
from gpuprop.report import write_report
from gpuprop.report.tracks import chosen_rows

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.browser import HOSTILE, axe_violations, launched, missing

if TYPE_CHECKING:
    from gpuprop import Catalog, Encounters

WIDTHS = {1280: 900, 420: 860}
MOST_SECONDS = 3.0
CASES = {"few": (1, 3.0), "many": (24, 10.0)}


def renamed(encounters: Encounters) -> Encounters:
    """Give the closest pair, and some others, names that try to get out of the page."""
    table = encounters.to_arrow()
    closest = int(chosen_rows(encounters, 1)[0])
    for k in (1, 2):
        names = table[f"name_{k}"].to_pylist()
        for i, row in enumerate([closest, *range(k, len(names), 50)]):
            names[row] = HOSTILE[(i + k - 1) % len(HOSTILE)]
        place = table.column_names.index(f"name_{k}")
        table = table.set_column(place, table.schema.field(place), [names])
    return type(encounters)(table)


def screened(catalog: Catalog, hours: int, threshold_km: float) -> Encounters:
    start = np.datetime64("2024-11-01", "ns")
    return gpuprop.screen(catalog, start, start + np.timedelta64(hours, "h"), threshold_km=threshold_km)


def measured(browser: Any, page_file: Path, width: int) -> list[tuple[str, str, bool]]:
    """Open a page, look at it, and return what was found: (what, value, good)."""
    page = browser.new_page(viewport={"width": width, "height": WIDTHS[width]})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on(
        "request",
        lambda request: (
            errors.append(request.url[:60])
            if "file:" not in request.url[:5] and "data:" not in request.url[:5]
            else None
        ),
    )
    began = perf_counter()
    page.goto(page_file.as_uri())
    page.wait_for_selector("html[data-ready=yes]", timeout=60_000)
    seconds = perf_counter() - began
    page.screenshot(path=page_file.with_name(f"{page_file.stem}_{width}.png"), full_page=True)
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    violations = axe_violations(page)
    sort = page.evaluate(SORT_MS)
    page.close()
    return [
        ("ready after", f"{seconds:.2f} s", seconds < MOST_SECONDS),
        ("sorted after", f"{sort:.0f} ms", sort < 1000.0),
        ("wider than the window", f"{max(0, wide)} px", wide <= 0),
        ("axe violations", "; ".join(violations) or "none", not violations),
        ("errors, requests, alerts", "; ".join(errors) or "none", not errors),
    ]


def outside(url: str) -> list[str]:
    return [] if url.startswith(("file:", "data:")) else [url[:60]]


SORT_MS = """() => { const began = performance.now();
document.querySelectorAll('#table thead button')[1].click(); return performance.now() - began; }"""


def main() -> None:
    if reason := missing():
        print(reason)
        raise SystemExit(1)
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp(prefix="gpuprop-report-"))
    folder.mkdir(exist_ok=True)
    catalog, failed = gpuprop.Catalog.sample(), 0
    for name, (hours, threshold_km) in CASES.items():
        encounters = renamed(screened(catalog, hours, threshold_km))
        file = folder / f"{name}.html"
        began = perf_counter()
        write_report(encounters, file, catalog=catalog, covariance="coarse-age")
        size = file.stat().st_size / 1e6
        print(f"{name}: {len(encounters):,} rows, {size:.1f} MB, written in {perf_counter() - began:.1f} s")
        with launched() as browser:
            for width in WIDTHS:
                for what, value, good in measured(browser, file, width):
                    print(f"  {width:>5} px  {what:<26} {value:<40} {'ok' if good else 'FAILED'}")
                    failed += not good
    print(f"screenshots in {folder}")
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
