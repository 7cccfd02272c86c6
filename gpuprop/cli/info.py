"""``gpuprop info``: what is installed and what would run."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from gpuprop.cli import common, config

if TYPE_CHECKING:
    from gpuprop.engines import Engine


def info(*, as_json: common.Json = False) -> None:
    """Print the version, the engine that would run and why, device, threads and caches.

    Examples
    --------
    gpuprop info
    gpuprop info --json
    """
    from importlib.metadata import version

    import gpuprop
    from gpuprop.engines import get_engine
    from gpuprop.engines.cuda import probe
    from gpuprop.engines.cuda.compiler import cache_folder

    found = probe.find()
    engine = get_engine("cpu") if found.engine is None else found.engine
    rows = {
        "gpuprop": gpuprop.__version__,
        "engine": engine.name,
        "reason": f"engine 'auto' takes {engine.name!r}: {found.text}",
        "threads": str(gpuprop.get_num_threads()),
        "python": f"{platform.python_version()} ({platform.system()} {platform.machine()})",
        **{package: version(package) for package in ("numpy", "numba", "pyarrow")},
        **_device(engine),
        "compile cache": _compile_cache(),
        "kernel cache": str(cache_folder()),
        "settings": config.DEFAULT_NAME if Path(config.DEFAULT_NAME).is_file() else "none",
    }
    if as_json:
        common.print_json(rows)
        return
    for label, value in rows.items():
        typer.echo(f"{label:<14} {value}")


def _device(engine: Engine) -> dict[str, str]:
    device = getattr(engine, "device", None)
    return {} if device is None else device.description()


def _compile_cache() -> str:
    from gpuprop.engines.cpu.drivers import over_times

    statistics = getattr(over_times, "stats", None)  # a plain function where NUMBA_DISABLE_JIT is set
    folder = statistics.cache_path if statistics is not None else None
    return folder or "none: nothing is kept between runs"
