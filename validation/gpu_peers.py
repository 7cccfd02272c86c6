"""SGP4 packages that run on a GPU, beside gpuprop on the same objects, times and device. Writes JSON.

    python validation/gpu_peers.py RESULTS.json [--dry-run]

dsgp4 (PyTorch) and jaxsgp4 (JAX) know near-Earth objects alone; each is run if it is installed, otherwise
the table says why not. Seconds are medians of wall-clock times from call to the end of the work on the
device, results left there. Differences are from gpuprop in float64, at the same minutes since epoch. With
--dry-run everything runs small, on what device there is, and the figures mean nothing.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import gpuprop
from gpuprop.propagation import prepare
from validation.gpu_kernels import emulated

if TYPE_CHECKING:
    from collections.abc import Callable

NEAR = 1
REPEATS = 7


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("results", type=Path)
    parser.add_argument("--dry-run", action="store_true")
    options = parser.parse_args()
    if options.dry_run:
        emulated()
    catalog = near_earth(20 if options.dry_run else 9000)
    minutes = np.linspace(0.0, 1440.0, 10 if options.dry_run else 1000)
    expected = gpuprop.propagate_since_epoch(catalog, minutes[:8], engine="cpu", mode="improved").r
    rows = []
    for name, package, prepared in (
        ("gpuprop float64", "gpuprop", partial(ours, "float64")),
        ("gpuprop mixed", "gpuprop", partial(ours, "mixed")),
        ("jaxsgp4 float64", "jaxsgp4", partial(jaxsgp4, wide=True)),
        ("jaxsgp4 float32", "jaxsgp4", partial(jaxsgp4, wide=False)),
        ("dsgp4 float64", "dsgp4", dsgp4),
    ):
        row = {"name": name, "package": package, "objects": len(catalog), "times": len(minutes)}
        try:
            row |= {"version": version_of(package), **timed(prepared, catalog, minutes, expected)}
        except (ImportError, PackageNotFoundError) as error:
            row["not_run"] = f"not installed: {error}"
        except (RuntimeError, ValueError, TypeError, MemoryError) as error:  # a peer's own trouble
            row["not_run"] = f"{type(error).__name__}: {str(error).splitlines()[0]}"
        rows.append(row)
        options.results.write_text(json.dumps({"dry_run": options.dry_run, "rows": rows}, indent=1))
        print(line(row), flush=True)
    return 0


def version_of(package: str) -> str:
    return gpuprop.__version__ if package == "gpuprop" else version(package)


def near_earth(most: int) -> gpuprop.Catalog:
    """Return near-Earth objects of the bundled catalog, with elements as two-line sets hold them."""
    sample = gpuprop.Catalog.sample()
    regime = prepare(sample, "cpu", "improved", "float64")[1].regime
    with TemporaryDirectory() as folder:
        file = Path(folder) / "near.tle"
        file.write_text("\n".join(sum(tle_lines(sample[np.flatnonzero(regime == NEAR)[:most]]), ())))
        return gpuprop.Catalog.read(file)


def tle_lines(catalog: gpuprop.Catalog) -> list[tuple[str, str]]:
    """Return two lines for each object."""
    lines = [text for text in catalog.to_text(format="tle").splitlines() if text[:2] in {"1 ", "2 "}]
    return list(zip(lines[::2], lines[1::2], strict=True))


def timed(
    prepared: Callable[..., tuple[Callable[[float], Any], Callable[[Any], Any]]],
    catalog: gpuprop.Catalog,
    minutes: Any,
    expected: Any,
) -> dict[str, float]:
    """Time a package; `run` takes an offset in minutes, so that no call repeats the one before."""
    run, positions = prepared(catalog, minutes)
    apart = np.linalg.norm(positions(run(0.0))[:, :8] - expected, axis=2)
    seconds = []
    for k in range(REPEATS):
        began = perf_counter()
        run(float(k + 1))
        seconds.append(perf_counter() - began)
    median = statistics.median(seconds)
    return {
        "median_s": median,
        "states_per_s": len(catalog) * len(minutes) / median,
        "median_off_m": float(np.nanmedian(apart)) * 1e3,
        "worst_off_m": float(np.nanmax(apart)) * 1e3,
    }


def ours(precision: str, catalog: gpuprop.Catalog, minutes: Any) -> tuple[Any, Any]:
    engine, _ = prepare(catalog, "cuda", "improved", precision)
    shape = len(catalog), len(minutes)
    out = engine.xp.empty((*shape, 3)), engine.xp.empty((*shape, 3)), engine.xp.empty(shape, np.uint8)
    options = {"engine": "cuda", "mode": "improved", "precision": precision, "out": out}
    gpuprop.propagate_since_epoch(catalog, minutes + REPEATS + 1.0, **options)

    def run(offset: float) -> Any:
        states = gpuprop.propagate_since_epoch(catalog, minutes + offset, **options)
        engine.device.synchronize()
        return states

    return run, lambda states: states.to_numpy().r


def jaxsgp4(catalog: gpuprop.Catalog, minutes: Any, *, wide: bool) -> tuple[Any, Any]:
    import jax

    jax.config.update("jax_enable_x64", wide)
    from jaxsgp4 import sgp4, tle2sat_array

    first, second = zip(*tle_lines(catalog), strict=True)
    satellites = tle2sat_array(list(first), list(second))
    over_times = jax.vmap(sgp4, in_axes=(None, 0))
    call = jax.jit(jax.vmap(over_times, in_axes=(0, None)))

    def run(offset: float) -> Any:
        return jax.block_until_ready(call(satellites, jax.numpy.asarray(minutes + offset)))

    return run, lambda found: np.asarray(found[0])[..., :3]


def dsgp4(catalog: gpuprop.Catalog, minutes: Any) -> tuple[Any, Any]:
    import dsgp4 as package
    import torch
    from dsgp4.sgp4_batched import sgp4_batched

    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_default_dtype(torch.float64)
    tles = [package.tle.TLE(["0 X", *lines]) for lines in tle_lines(catalog)]
    _, batch = package.initialize_tle(tles, gravity_constant_name="wgs-72")
    torch.set_default_device(device)
    # It takes one time for each object: objects are repeated for each time
    for name, value in vars(batch).items():
        if torch.is_tensor(value):
            value = value.to(device)
            setattr(
                batch, name, value.repeat_interleave(len(minutes)) if value.shape == (len(tles),) else value
            )
    times = torch.as_tensor(minutes, device=device).repeat(len(tles))

    def run(offset: float) -> Any:
        found = sgp4_batched(batch, times + offset)
        if device == "cuda":
            torch.cuda.synchronize()
        return found

    return run, lambda found: found.cpu().numpy()[:, 0].reshape(len(tles), len(minutes), 3)


def line(row: dict[str, Any]) -> str:
    if "not_run" in row:
        return f"{row['name']:<18} not run: {row['not_run']}"
    return (
        f"{row['name']:<18}{row['version']:<10}{row['states_per_s'] / 1e6:>12,.1f} M states/s"
        f"{row['median_off_m']:>12.3g} m median,{row['worst_off_m']:>12.3g} m worst difference"
    )


if __name__ == "__main__":
    sys.exit(main())
