"""``gpuprop warmup``: compile ahead."""

from __future__ import annotations

from time import perf_counter

import typer

from gpuprop.cli import common  # noqa: TC001 - typer reads it when it runs


def warmup(*, engine: common.Engine = "auto") -> None:
    """Compile what propagation and screening run, once, so that no later run waits for it.

    Examples
    --------
    gpuprop warmup
    gpuprop warmup --engine cpu
    """
    import gpuprop

    began = perf_counter()
    gpuprop.warmup(engine=engine)
    typer.echo(f"ready, after {perf_counter() - began:.1f} s")
