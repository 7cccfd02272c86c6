"""Speed and error of every package, one panel per case, as a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot as plt

if TYPE_CHECKING:
    from pathlib import Path

TITLES = {"near": "near-Earth", "deep": "deep space", "mixed": "whole catalog", "one": "one object"}
SMALLEST_M = 1e-7  # python-sgp4 differs from itself by nothing, which has no place on a logarithmic axis


def draw(rows: list[dict[str, Any]], file: Path) -> None:
    """Write a figure of rows that `peers.py` measured: to the right is faster, below is more exact."""
    mpl.rcParams |= {"svg.hashsalt": "gpuprop", "font.size": 8, "svg.fonttype": "none"}
    one_core = [row for row in rows if "states" in row and row["cores"] == 1]
    cases = [case for case in TITLES if any(row["case"] == case for row in one_core)]
    figure, panels = plt.subplots(1, len(cases), figsize=(2.9 * len(cases), 2.9), sharey=True, squeeze=False)
    for panel, case in zip(panels[0], cases, strict=True):
        for row in (row for row in one_core if row["case"] == case):
            ours = row["package"].startswith("gpuprop")
            at = row["million_states_per_s"], max(row["p99_error_m"], SMALLEST_M)
            panel.loglog(*at, "o", color="tab:blue" if ours else "tab:gray")
            panel.annotate(
                row["package"], at, xytext=(0, 4), textcoords="offset points", ha="center", fontsize=6
            )
        panel.set(title=TITLES[case], xlabel="million states a second, one core", xlim=(0.1, 200))
        panel.grid(alpha=0.3)
    panels[0][0].set_ylabel("99th percentile of error, m")
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})
