"""Speed and error of every package, one panel per case, as a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np

mpl.use("svg")
from matplotlib import pyplot as plt

if TYPE_CHECKING:
    from pathlib import Path

TITLES = {"near": "near-Earth", "deep": "deep space", "mixed": "whole catalog", "one": "one object"}
SMALLEST_M = 1e-7  # python-sgp4 differs from itself by nothing, which has no place on a logarithmic axis


def names_on_left(places: np.ndarray) -> np.ndarray:
    """Tell which points (n, 2) have their names on the left: those with their neighbour on the right."""
    # A power of ten in speed is as wide as two and a half of the error are high.
    apart = (np.log10(places)[:, np.newaxis] - np.log10(places)) * (1.0, 0.4)
    distance = np.hypot(*np.moveaxis(apart, -1, 0))
    np.fill_diagonal(distance, np.inf)
    return places[distance.argmin(axis=1), 0] > places[:, 0]


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
        of_case = [row for row in one_core if row["case"] == case]
        places = np.array(
            [(row["million_states_per_s"], max(row["p99_error_m"], SMALLEST_M)) for row in of_case]
        )
        for row, at, on_left in zip(of_case, places, names_on_left(places), strict=True):
            ours = row["package"].startswith("gpuprop")
            panel.loglog(*at, "o", color="tab:blue" if ours else "tab:gray")
            (x, y), side = ((-4, 7), "right") if on_left else ((6, 0), "left")
            panel.annotate(
                row["package"], at, xytext=(x, y), textcoords="offset points", ha=side, va="center"
            )
        panel.set(title=TITLES[case], xlim=(0.15, 600), ylim=(SMALLEST_M / 3.0, 10.0))
        panel.grid(alpha=0.3)
    figure.supxlabel("million states a second, one core")
    figure.supylabel("99th percentile of the difference from python-sgp4, m")
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})
