"""Values that the command reads by itself mean what typer would have read."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
import typer

from gpuprop.cli import manners


def _options(
    *,
    text: str = "a",
    number: float | None = None,
    bounded: Annotated[float, typer.Option(min=1.0)] = 2.0,
    count: int = 3,
    choice: Literal["one", "two"] = "one",
    several: list[str] | None = None,
    flag: bool = False,
) -> None:
    pass


def _read(application: typer.Typer, *arguments: str) -> dict[str, Any]:
    command: Any = typer.main.get_command(application)
    found: dict[str, Any] = command.make_context("options", list(arguments)).params
    return {name: found[name] for name in _options.__annotations__ if name != "return"}


def _ours() -> typer.Typer:
    ours = manners.App(add_completion=False)
    ours.command()(_options)
    return ours


def _typers() -> typer.Typer:
    typers = typer.Typer(add_completion=False)
    typers.command()(_options)
    return typers


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--text", "b c", "--number", "24", "--choice", "two"],
        ["--text", "", "--number", "0.25", "--flag"],
        ["--number", "1e3", "--count", "-7"],
        ["--number", "-1.5", "--bounded", "7"],
        ["--number", " 12 "],
        ["--several", "x", "--several", "y,z"],
        ["--number", "nan"],
    ],
)
def test_they_mean_what_typer_reads(arguments: list[str]) -> None:
    assert repr(_read(_ours(), *arguments)) == repr(_read(_typers(), *arguments))


@pytest.mark.parametrize(
    "arguments",
    [
        ["--number", "x"],
        ["--number", "1_0.0.0"],
        ["--choice", "three"],
        ["--bounded", "0"],
        ["--count", "1.5"],
    ],
)
def test_what_typer_refuses_is_refused_with_its_words(arguments: list[str]) -> None:
    refusals = []
    for application in (_ours(), _typers()):
        with pytest.raises(typer.BadParameter) as refused:
            _read(application, *arguments)
        refusals.append(refused.value.format_message())
    assert refusals[0] == refusals[1]
