"""What every command has: examples in its help, and the options --config, --verbose and --debug."""

from __future__ import annotations

import inspect
import logging
import sys
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from gpuprop.cli import config
from gpuprop.cli.values import read_plainly

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["App", "Debug", "Group", "Verbose", "examples"]

_HEADING = "\nExamples\n--------\n"


def _be_verbose(verbose: bool) -> None:  # noqa: FBT001 - typer calls it
    if verbose:
        logging.basicConfig(format="%(name)s: %(message)s", stream=sys.stderr)
        logging.getLogger("gpuprop").setLevel(logging.INFO)


def _be_debugged(context: typer.Context, debug: bool) -> None:  # noqa: FBT001 - typer calls it
    if debug and isinstance(context.obj, set):
        context.obj.add("debug")


_PANEL = "Options of every command"
Config = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        callback=config.apply,
        is_eager=True,
        rich_help_panel=_PANEL,
        help=f"Take options from this TOML file; {config.DEFAULT_NAME} of the working folder if left out.",
    ),
]
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose",
        "-v",
        callback=_be_verbose,
        is_eager=True,
        rich_help_panel=_PANEL,
        help="Say on stderr what is chosen and why.",
    ),
]
Debug = Annotated[
    bool,
    typer.Option(
        "--debug",
        callback=_be_debugged,
        is_eager=True,
        rich_help_panel=_PANEL,
        help="Show where an error comes from.",
    ),
]
# In this order, so that --verbose holds when the configuration is read.
_SHARED: dict[str, tuple[Any, Any]] = {
    "verbose": (Verbose, False),
    "debug": (Debug, False),
    "config": (Config, None),
}


def _with_shared_options(function: Callable[..., Any], *, configurable: bool) -> Callable[..., Any]:
    signature = inspect.signature(function, eval_str=True)
    shared = {name: option for name, option in _SHARED.items() if configurable or name != "config"}
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, (annotation, default) in shared.items()
    ]

    @wraps(function)
    def command(*arguments: Any, **options: Any) -> Any:
        return function(*arguments, **{name: options[name] for name in options if name not in shared})

    parameters = [*signature.parameters.values(), *added]
    command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]  # typer reads it
    command.__annotations__ = {one.name: one.annotation for one in parameters}
    return command


class _Taught:
    """Prints the section "Examples" of a docstring as it stands, below the options."""

    help: str | None

    def get_params(self, ctx: Any) -> Any:
        options = super().get_params(ctx)  # type: ignore[misc]  # beside a typer command
        for option in options:
            read_plainly(option)
        return options

    def format_help(self, ctx: Any, formatter: Any) -> None:
        whole = self.help or ""
        self.help = whole.partition(_HEADING)[0].rstrip()
        try:
            super().format_help(ctx, formatter)  # type: ignore[misc]  # beside a typer command
        finally:
            self.help = whole
        if lines := examples(self):
            formatter.write("".join(["Examples:\n\n", *(f"  {line}\n" for line in lines)]))


class _Command(_Taught, TyperCommand):
    pass


class Group(_Taught, TyperGroup):
    """Commands under one name, with examples in its help."""


class App(typer.Typer):
    """A typer application whose commands all have the shared options and examples.

    Register a function with ``app.command()(function)``. What stands in its docstring under
    "Examples" is shown by ``--help`` as it is; every line is one command line, which a test parses.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"cls": Group, "pretty_exceptions_enable": False, **settings})

    def command(self, name: str | None = None, *, configurable: bool = True, **settings: Any) -> Any:
        """Register a function; `configurable` says whether gpuprop.toml holds for it."""
        register = super().command(name, cls=_Command, **settings)

        def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
            register(_with_shared_options(function, configurable=configurable))
            return function

        return decorate


def examples(command: Any) -> list[str]:
    """Return the command lines that the help of a command shows."""
    return [line for line in (command.help or "").partition(_HEADING)[2].splitlines() if line.strip()]
