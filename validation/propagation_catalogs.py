"""Whole real catalogs against python-sgp4 and the official Sgp4Prop, with pass or fail.

    python validation/propagation_catalogs.py [FOLDER]

FOLDER holds `catalogs/space-track-20250415.tle.gz` and
`catalogs/celestrak-on-orbit-20241101.omm.csv.gz`; default: GPUPROP_SHARED_DATA, else
../shared/data. Takes about half a minute.

Gates, for states with a drag factor within 2 % of one: 1 mm over the first day on either
side of the epoch, 1 cm to 30 days; elsewhere 1 m. Where python-sgp4 reports an error the status is the same;
where it reports none, the status is 0, or 8 after an error that python-sgp4 itself reports
at a 2-minute mark nearer to the epoch, or 7 beyond 50 semi-major axes or for an orbit that
has shrunk through zero.
"""

from __future__ import annotations

import gzip
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from gpuprop import Catalog, propagate_since_epoch  # noqa: E402 - the path is set first
from gpuprop.engines import get_engine  # noqa: E402 - the path is set first
from tests.oracles import Sgp4Prop, python_sgp4, satrecs  # noqa: E402 - the path is set first

if TYPE_CHECKING:
    from gpuprop.engines.cpu.engine import CpuEngine
    from gpuprop.engines.cpu.model import Model

CATALOGS = {
    "2025-04-15": "catalogs/space-track-20250415.tle.gz",
    "2024-11-01": "catalogs/celestrak-on-orbit-20241101.omm.csv.gz",
}
FIRST_DAY = np.arange(-1440.0, 1441.0, 90.0)
LATER = 1440.0 * np.array([-30.0, -14.5, -7.0, -3.0, 2.0, 3.25, 5.0, 7.0, 10.5, 14.0, 21.0, 30.0])
MINUTES = np.concatenate([FIRST_DAY, LATER])
WELL = 0.02
ELEMENTS = (
    "mean_motion",
    "eccentricity",
    "inclination",
    "ra_of_asc_node",
    "arg_of_pericenter",
    "mean_anomaly",
    "bstar",
)


def model_of(catalog: Catalog, mode: str) -> tuple[CpuEngine, Model]:
    """Initialize a catalog."""
    engine = get_engine("cpu")
    return engine, engine.initialize(
        epoch_ns=catalog.epoch, **{name: getattr(catalog, name) for name in ELEMENTS}, mode=mode
    )


def unjustified(catalog: Catalog, mode: str, status: np.ndarray, error: np.ndarray, r: np.ndarray) -> int:
    """Count states without a reason to differ from python-sgp4's error code."""
    engine, model = model_of(catalog, mode)
    factor = engine.drag_factor_minutes(model, MINUTES)
    far = np.linalg.norm(r, axis=2) > 49.9 * model.a_km[:, np.newaxis]
    fine = (status == error) | ((error == 0) & (status == 7) & (far | (factor <= 0.0)))
    for row in np.flatnonzero((status == 8).any(axis=1)):
        satrec = next(satrecs(catalog[row : row + 1], mode))
        for column in np.flatnonzero((status[row] == 8) & (error[row] == 0)):
            marks = np.arange(0.0, abs(MINUTES[column]), 2.0) * np.sign(MINUTES[column])
            jd = np.full(len(marks), satrec.jdsatepoch)
            fine[row, column] = satrec.sgp4_array(jd, satrec.jdsatepochF + marks / 1440.0)[0].any()
    return int(np.count_nonzero(~fine))


def line(what: str, value: float, gate: float, unit: str) -> bool:
    """Print one comparison and tell whether it passes."""
    good = value <= gate
    print(f"  {what:58s} {value:12.3g} {unit:3s} gate {gate:g}  {'pass' if good else 'FAIL'}")
    return good


def against_python_sgp4(name: str, catalog: Catalog, mode: str) -> bool:
    """Compare one catalog in one mode."""
    order = np.random.default_rng(0).permutation(len(MINUTES))
    states = propagate_since_epoch(catalog, MINUTES[order], mode=mode)
    back = np.argsort(order)
    r, status = states.r[:, back], states.status[:, back]
    expected, _, error = python_sgp4(catalog, MINUTES, mode)
    engine, model = model_of(catalog, mode)
    well = np.abs(engine.drag_factor_minutes(model, MINUTES) - 1.0) < WELL
    apart = np.where((status == 0) & (error == 0), np.linalg.norm(r - expected, axis=2) * 1e3, 0.0)
    first = np.abs(MINUTES) <= 1440.0
    counts = ", ".join(f"{code}: {np.count_nonzero(status == code)}" for code in np.unique(status))
    print(f"{name}, mode {mode}, {len(catalog)} objects x {len(MINUTES)} times; status {counts}")
    print(f"  well-conditioned: {100 * well.mean():.3f} %; p99 {np.percentile(apart[well], 99):.2g} m")
    return all(
        [
            line("well-conditioned, first day", apart[:, first][well[:, first]].max(), 1e-3, "m"),
            line("well-conditioned, to 30 days", apart[well].max(), 1e-2, "m"),
            line("ill-conditioned, first day", apart[:, first][~well[:, first]].max(initial=0), 1.0, "m"),
            line(
                "states whose status has no reason",
                unjustified(catalog, mode, status, error, expected),
                0,
                "",
            ),
        ]
    )


def against_sgp4prop(path: Path, catalog: Catalog) -> bool:
    """Compare every low-inclination deep-space object and a tenth of the others, mode afspc."""
    text = [row.rstrip() for row in gzip.open(path, "rt") if row[:2] in {"1 ", "2 "}]
    _, model = model_of(catalog, "afspc")
    deep = model.regime > 1
    chosen = np.flatnonzero((deep & (catalog.inclination < 15.0)) | (np.arange(len(catalog)) % 10 == 0))
    minutes = np.concatenate([np.arange(0.0, 1441.0, 180.0), LATER])
    ours = propagate_since_epoch(catalog[chosen], minutes)
    oracle = Sgp4Prop()
    apart = np.zeros(ours.status.shape)
    for i, row in enumerate(chosen):
        theirs, _ = oracle.states(text[2 * row], text[2 * row + 1], minutes)
        apart[i] = np.linalg.norm(ours.r[i] - theirs, axis=1) * 1e3
    engine, part = model_of(catalog[chosen], "afspc")
    well = (np.abs(engine.drag_factor_minutes(part, minutes) - 1.0) < WELL) & np.isfinite(apart)
    first = (minutes >= 0.0) & (minutes <= 1440.0)
    print(f"Sgp4Prop: {len(chosen)} objects, {np.count_nonzero(deep[chosen])} of them in deep space")
    return all(
        [
            line("well-conditioned, first day", apart[:, first][well[:, first]].max(), 1e-3, "m"),
            line("well-conditioned, to 30 days", apart[well].max(), 1e-2, "m"),
        ]
    )


def main() -> int:
    """Run every comparison."""
    default = os.environ.get("GPUPROP_SHARED_DATA", ROOT.parent / "shared" / "data")
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else default)
    passed = []
    for name, file in CATALOGS.items():
        catalog = Catalog.read(folder / file, duplicates="all")
        passed += [against_python_sgp4(name, catalog, mode) for mode in ("afspc", "improved")]
        if file.endswith(".tle.gz"):
            passed.append(against_sgp4prop(folder / file, catalog))
    print("all gates passed" if all(passed) else "a gate FAILED")
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
