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
    n_rows = -(-len(cases) // 2)
    figure, panels = plt.subplots(
        n_rows, 2, figsize=(8.4, 3.6 * n_rows), sharex=True, sharey=True, squeeze=False
    )
    for panel, case in zip(panels.flat, cases, strict=False):
        of_case = sorted(
            (row for row in one_core if row["case"] == case), key=lambda row: row["million_states_per_s"]
        )
        for number, row in enumerate(of_case):
            ours = row["package"].startswith("gpuprop")
            at = row["million_states_per_s"], max(row["p99_error_m"], SMALLEST_M)
            panel.loglog(*at, "o", color="tab:blue" if ours else "tab:gray")
            # Neighbours in speed have their names on different sides
            panel.annotate(
                row["package"], at, xytext=(0, (5, -11)[number % 2]), textcoords="offset points", ha="center"
            )
        panel.set(title=TITLES[case], xlim=(0.3, 200), ylim=(SMALLEST_M / 3.0, 10.0))
        panel.grid(alpha=0.3)
    figure.supxlabel("million states a second, one core")
    figure.supylabel("99th percentile of the difference from python-sgp4, m")
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})
