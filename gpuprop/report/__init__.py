"""A report of encounters as one page that needs nothing else; its plots need the extra ``plot``."""

from __future__ import annotations

from gpuprop.report.page import render_report, write_report
from gpuprop.report.source import read_for_report

__all__ = ["read_for_report", "render_report", "write_report"]
