"""A headless browser for what is made to be looked at."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

HOSTILE = (
    "</script><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>'",
    "{{data}} ${alert(1)} <!--",
    "=cmd|' /C calc'!A0",
    "EVIL \u202eTAC\u2066 \u200f",
    "NUL \x00 \x1b[31m tab\t",
)
"""Names that try to get out of the page, or to look like something else."""


def program() -> str | None:
    """Return the browser: that of ``GPUPROP_BROWSER``, or the first one found."""
    given = os.environ.get("GPUPROP_BROWSER")
    return given or next(filter(None, map(shutil.which, _PROGRAMS)), None)


def missing() -> str:
    """Say what lacks for tests in a browser; nothing where all is there."""
    for module in ("playwright", "axe_playwright_python"):
        if find_spec(module) is None:
            return f"{module} is not installed: pip install 'gpuprop[browser]'"
    return "" if program() else f"no browser found ({', '.join(_PROGRAMS)}); install one"


@contextmanager
def launched() -> Iterator[Any]:
    """Start the browser, without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        # The sandbox cannot start in most containers; the pages are our own
        browser = driver.chromium.launch(executable_path=program(), args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


def axe_violations(page: Any) -> list[str]:
    """Let axe check a page; return the rules that it breaks and where."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": _RULES}}).response
    return [
        f"{one['id']} at {', '.join(str(node['target'][0]) for node in one['nodes'][:3])}"
        for one in found["violations"]
    ]
