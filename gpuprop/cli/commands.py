"""The commands of ``gpuprop``: each is made, and its module imported, when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer

import gpuprop
from gpuprop.cli import manners

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["UsageError", "app"]

# Names of commands, of their modules and of the functions in them; whether gpuprop.toml holds for them
_CONFIGURABLE = {
    "info": False,
    "doctor": False,
    "propagate": True,
    "screen": True,
    "plan": True,
    "watch": True,
    "pc": True,
    "export": True,
    "report": True,
    "warmup": False,
}


class _Commands(Mapping[str, Any]):
    def __getitem__(self, name: str) -> Any:
        if name not in _CONFIGURABLE:
            raise KeyError(name)
        return _command(name)

    def __iter__(self) -> Iterator[str]:
        return iter(_CONFIGURABLE)

    def __len__(self) -> int:
        return len(_CONFIGURABLE)


@cache
def _command(name: str) -> Any:
    alone = manners.App(add_completion=False)
    function = getattr(import_module(f"gpuprop.cli.{name}"), name)
    alone.command(configurable=_CONFIGURABLE[name])(function)
    return typer.main.get_command(alone)


class _Group(manners.Group):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = _Commands()  # type: ignore[assignment]  # nothing is added to them


app = manners.App(name="gpuprop", cls=_Group)

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
