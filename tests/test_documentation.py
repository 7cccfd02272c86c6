"""The documentation: its blocks run, every public name and command is in it, it builds without a warning."""

from __future__ import annotations

import contextlib
import doctest
import importlib
import io
import re
import shlex
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
import typer

from gpuprop.cli import config
from gpuprop.cli.commands import app
from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Run

PAGES = sorted(
    path for path in [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md"] if "_build" not in path.parts
)
PUBLIC = ("gpuprop", "gpuprop.errors", "gpuprop.messages", "gpuprop.plot", "gpuprop.report", "gpuprop.frames")
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def blocks(page: Path, language: str) -> list[str]:
    """Return the fenced blocks of a language, without their fences."""
    return re.findall(
        rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )


def public_names() -> list[str]:
    modules = set(PUBLIC)
    names = [f"{module}.{name}" for module in PUBLIC for name in importlib.import_module(module).__all__]
    return [name for name in names if name not in modules and not name.endswith("__")]


def reference() -> set[str]:
    text = "\n".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs" / "api").glob("*.md"))
    return set(re.findall(r"^\.\. auto\w+:: (\S+)", text, re.MULTILINE))


@pytest.mark.parametrize("name", public_names())
def test_every_public_name_is_in_the_reference(name: str) -> None:
    assert name in reference()


def test_the_reference_has_nothing_that_is_not_there() -> None:
    for name in reference():
        module, _, attribute = name.rpartition(".")
        assert hasattr(importlib.import_module(module), attribute), name


def test_every_command_is_in_the_reference() -> None:
    group: Any = typer.main.get_command(app)
    shown = re.findall(r"^```{command-help} (\S+)$", (ROOT / "docs/commands.md").read_text(), re.MULTILINE)
    assert sorted(shown) == sorted(group.commands)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_python_blocks_are_tested_examples(page: Path) -> None:
    # What pytest collects from the page as a doctest is only what stands behind a prompt.
    for block in blocks(page, "python"):
        assert block.startswith(">>> "), f"{page}: {block.splitlines()[0]}"
        assert block.endswith("\n\n") or not re.search(r"^(?!>>>|\.\.\.)", block, re.MULTILINE)


@pytest.mark.parametrize(
    "page", [page for page in PAGES if blocks(page, "console")], ids=lambda page: str(page.relative_to(ROOT))
)
def test_console_blocks_print_what_they_show(
    page: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for block in blocks(page, "console"):
        for part in block.removeprefix("$ ").split("\n$ "):
            line, _, shown = part.partition("\n")
            program, *arguments = shlex.split(line)
            if program == "mkdir":
                (tmp_path / arguments[0]).mkdir()
                continue
            assert program == "gpuprop"
            code, printed, error = run(*arguments)
            assert code == 0, error
            assert doctest.OutputChecker().check_output(shown, printed, OPTIONS), printed


def test_settings_that_are_shown_are_known(tmp_path: Path) -> None:
    group: Any = typer.main.get_command(app)
    for page in PAGES:
        for number, block in enumerate(blocks(page, "toml")):
            path = tmp_path / f"{page.stem}-{number}.toml"
            path.write_text(block)
            assert config.read(str(path), config.commands(group))
            assert tomllib.loads(block)


def test_shell_blocks_have_commands_and_options_that_exist() -> None:
    group: Any = typer.main.get_command(app)
    for page in PAGES:
        for block in blocks(page, "sh"):
            for line in re.findall(r"^gpuprop (.*)", block.replace("\\\n", " "), re.MULTILINE):
                words = [word for word in shlex.split(line, comments=True) if word != "-v"]
                known = {text for one in group.commands[words[0]].params for text in one.opts}
                assert {word for word in words if word.startswith("-")} <= known, f"{page}: {line}"


@pytest.mark.slow
def test_site_builds_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("sphinx")
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "-n", "-q", "-b", "html", str(ROOT / "docs"), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    inventory = subprocess.run(
        [sys.executable, "-m", "sphinx.ext.intersphinx", str(tmp_path / "objects.inv")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in public_names():
        assert re.search(rf"^\s+{re.escape(name)}\s", inventory, re.MULTILINE), name


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "examples").glob("*.ipynb")))
def test_notebook_runs(name: str, tmp_path: Path) -> None:
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    book = nbformat.read(ROOT / "examples" / name, as_version=4)
    assert not any(cell.get("outputs") for cell in book.cells), "stored without outputs"
    with contextlib.redirect_stderr(io.StringIO()):
        nbclient.NotebookClient(book, timeout=600, resources={"metadata": {"path": str(ROOT)}}).execute()
    pictures = [
        output
        for cell in book.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    assert len(pictures) >= 2
