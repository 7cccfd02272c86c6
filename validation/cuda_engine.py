"""The CUDA engine, emulated or on a GPU, against python-sgp4 and the CPU engine, with pass or fail.

    python validation/cuda_engine.py [--engine emulated|cuda] [FOLDER]

FOLDER holds the catalogs that `propagation_catalogs.py` names; default: GPUPROP_SHARED_DATA, else
../shared/data. Takes some minutes with the emulated engine.

Gates, for states with a drag factor within 2 % of one: of float64 against python-sgp4 1 mm over the first
day on either side of the epoch and 1 cm to 30 days; of mixed precision against float64 5 cm to 30 days.
Status codes are those of the CPU engine in every state; `propagation_catalogs.py` looks into their reasons.
Encounters of both engines are the same: pairs, kinds, minima; TCA within 0.05 ms, miss distance 0.01 mm.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import gpuprop
from gpuprop import Catalog, propagate_since_epoch
from gpuprop.engines import get_engine
from tests.oracles import python_sgp4
from validation.gpu_kernels import emulated
from validation.propagation_catalogs import CATALOGS, FIRST_DAY, MINUTES, WELL, line, model_of

ROOT = Path(__file__).resolve().parents[1]
START = np.datetime64("2024-11-01T00:00:00", "ns")
HOUR = np.timedelta64(1, "h")
SAME_NS = 50_000  # near a minimum the range of a slow pair is flat to the last bit
SAME_KM = 1e-8


def main() -> int:
    """Run every comparison."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--engine", choices=["emulated", "cuda"], default="emulated")
    default = os.environ.get("GPUPROP_SHARED_DATA", ROOT.parent / "shared" / "data")
    parser.add_argument("folder", nargs="?", type=Path, default=Path(default))
    options = parser.parse_args()
    emulated() if options.engine == "emulated" else get_engine("cuda")
    passed = []
    for name, file in CATALOGS.items():
        catalog = Catalog.read(options.folder / file, duplicates="all")
        passed += [states(name, catalog, mode, options.engine) for mode in ("afspc", "improved")]
    sample = Catalog.sample()
    ids = np.loadtxt(ROOT / "tests" / "data" / "subset2000-20241101.norad-ids.txt", dtype=np.int64)
    passed.append(encounters("2,000 objects", sample.select(ids=ids), 24, 5.0))
    passed += [encounters("the bundled catalog", sample, 2, threshold_km) for threshold_km in (5.0, 20.0)]
    print("all gates passed" if all(passed) else "a gate FAILED")
    return 0 if all(passed) else 1


def states(name: str, catalog: Catalog, mode: str, engine: str) -> bool:
    """Compare the states of one catalog in one mode."""
    expected, _, error = python_sgp4(catalog, MINUTES, mode)
    cpu = propagate_since_epoch(catalog, MINUTES, mode=mode, engine="cpu")
    full, mixed = (
        propagate_since_epoch(catalog, MINUTES, mode=mode, engine="cuda", precision=precision).to_numpy()
        for precision in ("float64", "mixed")
    )
    cpu_engine, model = model_of(catalog, mode)
    well = np.abs(cpu_engine.drag_factor_minutes(model, MINUTES) - 1.0) < WELL
    first, near = np.abs(MINUTES) <= FIRST_DAY.max(), (model.regime == 1)[:, np.newaxis]
    usable = well & (full.status == 0) & (error == 0)
    off, from_cpu, of_mixed = (
        apart(a, b) for a, b in ((full.r, expected), (full.r, cpu.r), (mixed.r, full.r))
    )
    print(f"{name}, mode {mode}, {len(catalog)} objects x {len(MINUTES)} times, engine {engine}")
    return all(
        [
            line("float64, python-sgp4, well-conditioned, first day", worst(off, usable & first), 1e-3, "m"),
            line("float64, python-sgp4, well-conditioned, to 30 days", worst(off, usable), 1e-2, "m"),
            line("float64, CPU engine, well-conditioned, to 30 days", worst(from_cpu, usable), 1e-5, "m"),
            line("float64, CPU engine, ill-conditioned", worst(from_cpu, ~well), 1.0, "m"),
            line("mixed, float64, near-Earth, well-conditioned", worst(of_mixed, usable & near), 5e-2, "m"),
            line("mixed, float64, all others", worst(of_mixed, ~(well & near)), 5e-2, "m"),
            line("status codes unlike the CPU engine's", count(full.status != cpu.status), 0, ""),
            line("status codes of mixed unlike float64's", count(mixed.status != full.status), 0, ""),
        ]
    )  # fmt: skip


def apart(a: Any, b: Any) -> Any:
    """Distances, m; 0 where one has no state."""
    return np.nan_to_num(np.linalg.norm(a - b, axis=2) * 1e3)


def worst(distances: Any, where: Any) -> float:
    return float(distances[where].max(initial=0.0))


def count(where: Any) -> int:
    return int(np.count_nonzero(where))


def encounters(name: str, catalog: Catalog, hours: int, threshold_km: float) -> bool:
    """Compare the encounters of both engines."""
    ours, theirs = (
        gpuprop.screen(catalog, START, START + hours * HOUR, threshold_km=threshold_km, engine=engine)
        for engine in ("cuda", "cpu")
    )
    print(f"{name}, {hours} h, {threshold_km:g} km: {len(ours)} encounters, CPU engine {len(theirs)}")
    names = "norad_id_1", "norad_id_2", "kind", "n_minima"
    differing = [
        count(getattr(ours, column) != getattr(theirs, column)) if len(ours) == len(theirs) else len(ours)
        for column in names
    ]
    good = line("pairs, kinds and minima that differ", sum(differing), 0, "")
    if len(ours) != len(theirs):
        return False
    late = np.abs((ours.tca - theirs.tca).astype("timedelta64[ns]").astype(np.int64))
    higher = np.abs(ours.miss_distance_km - theirs.miss_distance_km)
    good &= line("TCA", float(late.max()), SAME_NS, "ns")
    return good & line("miss distance", float(higher.max()) * 1e3, SAME_KM * 1e3, "m")


if __name__ == "__main__":
    sys.exit(main())
