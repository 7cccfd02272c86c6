"""What holds for every command: help, completion, configuration, JSON, errors."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import typer

import gpuprop
from gpuprop.cli import common, config, manners
from gpuprop.cli.commands import app

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Run

GROUP: Any = typer.main.get_command(app)
WINDOW = ["--start", "2009-02-10T16:00:00Z", "--hours", "2"]


@pytest.fixture
def pair_file(test_data: Path) -> Path:
    return test_data / "iridium33_cosmos2251_20090210.tle"


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    without = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    return subprocess.run(
        [sys.executable, "-m", "gpuprop", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**without, **environment},
    )


@pytest.mark.parametrize("name", GROUP.commands)
def test_help_of_every_command_has_examples_that_parse(run: Run, name: str) -> None:
    code, out, _ = run(name, "--help")
    lines = manners.examples(GROUP.commands[name])
    assert code == 0
    assert lines
    for line in lines:
        assert f"  {line}\n" in out
        program, called, *arguments = shlex.split(line)
        assert (program, called) == ("gpuprop", name)
        root = typer.Context(GROUP, info_name="gpuprop")
        GROUP.commands[name].make_context(name, list(arguments), parent=root)


def test_help_of_the_program_has_examples(run: Run) -> None:
    _, out, _ = run("--help")
    for line in manners.examples(GROUP):
        assert f"  {line}\n" in out
        assert shlex.split(line)[1] in GROUP.commands


@pytest.mark.parametrize("name", GROUP.commands)
def test_options_of_one_meaning_have_one_name(name: str) -> None:
    known = {text: one for one in GROUP.commands[name].params for text in one.opts}
    assert {"--verbose", "-v", "--debug"} <= set(known)
    if "--output" in known:
        assert "-o" in known["--output"].opts
    assert not any("_" in text for text in known if text.startswith("-"))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_offered(shell: str) -> None:
    assert "_GPUPROP_COMPLETE" in command(_GPUPROP_COMPLETE=f"source_{shell}").stdout
    assert {"--install-completion", "--show-completion"} <= {
        text for one in GROUP.params for text in one.opts
    }


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("gpuprop sc", "screen"),
        ("gpuprop screen --thres", "--threshold-km"),
        ("gpuprop screen sample --mode ", "improved"),
    ],
)
def test_completion_completes(typed: str, offered: str) -> None:
    words = typed.split(" ")
    done = command(_GPUPROP_COMPLETE="complete_bash", COMP_WORDS=typed, COMP_CWORD=str(len(words) - 1))
    assert offered in done.stdout.split()


def test_no_colours_where_there_is_no_terminal() -> None:
    for arguments in (["--help"], ["screen", "--help"], ["nonsense"]):
        done = command(*arguments, GITHUB_ACTIONS="", PY_COLORS="")
        assert "\x1b" not in done.stdout + done.stderr


def test_no_color_holds_on_a_terminal_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    assert common.console().color_system
    monkeypatch.setenv("NO_COLOR", "1")
    assert common.console().no_color


def test_a_fault_is_one_sentence_and_code_1(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(file: str, **_: object) -> None:
        raise KeyError("never\nmind")

    monkeypatch.setattr(common, "read_catalog", broken)
    code, out, error = run("screen", "sample", *WINDOW)
    assert (code, out, error.count("\n")) == (1, "", 1)
    assert "KeyError" in error
    assert "--debug" in error
    for arguments in (["--debug", "screen", "sample"], ["screen", "sample", "--debug"]):
        code, _, error = run(*arguments, *WINDOW)
        assert code == 1
        assert 'raise KeyError("never' in error


def test_a_missing_package_leads_to_the_doctor(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(file: str, **_: object) -> None:
        raise ImportError("Numba needs NumPy 2.4 or less. Got NumPy 2.5.")

    monkeypatch.setattr(common, "read_catalog", broken)
    code, _, error = run("screen", "sample", *WINDOW)
    assert code == 1
    assert (
        error == "gpuprop: Numba needs NumPy 2.4 or less. Got NumPy 2.5.; 'gpuprop doctor' says what to do\n"
    )


def test_file_sets_what_the_command_line_leaves_open(run: Run, pair_file: Path, workplace: Path) -> None:
    (workplace / "gpuprop.toml").write_text(
        "engine = 'cpu'\n[screen]\nstart = 2009-02-10T16:00:00Z\nhours = 2\nthreshold_km = 0.5\njson = true\n"
    )
    code, out, _ = run("screen", pair_file)
    assert code == 0
    # Published: the pair passes at 0.698 km.
    assert json.loads(out)["encounters"] == 0
    assert json.loads(run("screen", pair_file, "--threshold-km", "0.7")[1])["encounters"] == 1


def test_file_is_named_by_an_option(run: Run, pair_file: Path, workplace: Path) -> None:
    (workplace / "gpuprop.toml").write_text("nonsense")
    (workplace / "run.toml").write_text(f"[screen]\nfile = '{pair_file.as_posix()}'\nthreshold-km = 0.6\n")
    code, out, _ = run("screen", *WINDOW, "--config", "run.toml")
    assert code == 0
    assert "encounters         0 in" in out
    code, _, error = run("screen", pair_file, *WINDOW)
    assert code == 2
    assert "gpuprop.toml: is not TOML" in error
    assert run("screen", pair_file, *WINDOW, "--config", "absent.toml")[0] == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "[screen]\nhours = 1\nthreshold-kn = 5\n",
            ["line 3", "threshold-kn", "did you mean 'threshold-km'"],
        ),
        ("[skreen]\nhours = 1\n", ["line 1", "skreen", "did you mean 'screen'"]),
        ("[screen]\nhours = 1\n\n[pc]\nhours = 2\n", ["line 5", "[pc]", "hours"]),
        ("colour = 'red'\n", ["line 1", "colour"]),
        ("[screen]\nthreshold-km = 'near'\n", ["line 2", "threshold-km"]),
        ("[screen]\ntop = 2.5\n", ["line 2", "top"]),
        ("[screen]\ntop = -2\n", ["line 2", "top"]),
        ("[screen]\nmode = 'exact'\n", ["line 2", "mode"]),
        ("[screen]\njson = 'yes'\n", ["line 2", "json", "true or false"]),
        ("[screen]\ntop = true\n", ["line 2", "top"]),
        ("[screen]\ntop = {a = 1}\n", ["line 2", "top"]),
        ("[screen]\nconfig = 'x'\n", ["line 2", "config"]),
        ("[doctor]\ntrial = false\n", ["line 1", "doctor"]),
        ("[screen\n", ["not TOML"]),
    ],
)
def test_a_bad_file_is_refused_with_its_line(run: Run, workplace: Path, text: str, words: list[str]) -> None:
    (workplace / "gpuprop.toml").write_text(text)
    code, _, error = run("screen", "sample", *WINDOW)
    assert code == 2
    assert error.count("\n") == 1
    assert all(word in error for word in ["gpuprop.toml", *words]), error


def test_help_works_beside_a_bad_file(run: Run, workplace: Path) -> None:
    (workplace / "gpuprop.toml").write_text("[skreen]\n")
    assert run("screen", "--help")[0] == 0
    assert run("info")[0] == 0


def test_repeated_options_are_lists_in_the_file(run: Run, pair_file: Path, workplace: Path) -> None:
    (workplace / "gpuprop.toml").write_text("[export]\nid = [24946, 22675]\nformat = 'oem'\n")
    code, out, _ = run("export", pair_file, *WINDOW, "-o", workplace / "both.oem", "--json")
    assert code == 0
    assert json.loads(out) == {"format": "oem", "written": str(workplace / "both.oem"), "count": 2}


def test_every_key_is_the_name_of_an_option() -> None:
    assert "doctor" not in config.commands(GROUP)
    for found in config.commands(GROUP).values():
        for key, one in config.keys(found).items():
            assert f"--{key}" in one.opts or key == one.name.replace("_", "-")


def test_json_of_screen_is_the_table(run: Run, pair_file: Path, workplace: Path) -> None:
    code, out, error = run("screen", pair_file, *WINDOW, "--json", "-o", "encounters.parquet")
    found = json.loads(out)
    assert (code, error) == (0, "")
    assert found["catalog"] == {"objects": 2, "records": {}}
    assert found["kinds"] == {"flyby": 1}
    assert found["written"] == "encounters.parquet"
    assert found["closest"][0]["tca"].startswith("2009-02-10T16:55:59.79")
    assert (
        found["closest"][0]["miss_distance_km"]
        == gpuprop.Encounters.read("encounters.parquet").miss_distance_km[0]
    )


def test_json_of_propagate_and_pc(run: Run, pair_file: Path, test_data: Path, workplace: Path) -> None:
    found = json.loads(run("propagate", pair_file, *WINDOW, "--step-s", "600", "--json")[1])
    assert (found["instants"], found["states"], found["status"]) == (13, 26, {"0": 26})
    run("screen", pair_file, *WINDOW, "-o", "encounters.parquet")
    found = json.loads(run("pc", "encounters.parquet", pair_file, "--covariance", "coarse-age", "--json")[1])
    assert found["encounters"] == found["chosen"] == 1
    assert found["covariances"] == {"indicative: coarse-age": 1}
    assert 0 < found["rows"][0]["probability"] <= 1
    found = json.loads(run("pc", test_data / "cdm" / "AlfanoTestCase03.cdm", "--json")[1])
    assert found["probability"] is None or 0 <= found["probability"] <= 1


def test_broken_pipe_is_no_traceback() -> None:
    done = subprocess.run(
        f"{shlex.quote(sys.executable)} -m gpuprop --help | true",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
