"""The commands of ``gpuprop`` and their options."""

from __future__ import annotations

from typing import Annotated, Any

import typer

import gpuprop
from gpuprop.cli import doctor, export, info, manners, pc, plan, propagate, report, screen, warmup, watch

__all__ = ["UsageError", "app"]

app = manners.App(name="gpuprop")
app.command(configurable=False)(info.info)
app.command(configurable=False)(doctor.doctor)
app.command()(propagate.propagate)
app.command()(screen.screen)
app.command()(plan.plan)
app.command()(watch.watch)
app.command()(pc.pc)
app.command()(export.export)
app.command()(report.report)
app.command(configurable=False)(warmup.warmup)

# typer has a click of its own from some version on; the class is the same by either name.
UsageError: Any = typer.BadParameter.__bases__[0]


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
    verbose: manners.Verbose = False,
    debug: manners.Debug = False,
) -> None:
    """Propagate whole satellite catalogs with SGP4 and screen them for close approaches.

    Examples
    --------
    gpuprop doctor
    gpuprop screen sample --start 2024-11-01T00:00:00Z --hours 24 --output encounters.parquet
    gpuprop screen --help
    """
    if version:
        typer.echo(f"gpuprop {gpuprop.__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(2)
