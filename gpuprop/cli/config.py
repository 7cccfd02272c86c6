"""Options from a file: ``gpuprop.toml`` has a table per command, with the names of the options as keys."""

from __future__ import annotations

import datetime as dt
import logging
import re
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from gpuprop.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DEFAULT_NAME", "apply", "commands", "keys", "read"]

DEFAULT_NAME = "gpuprop.toml"

_SHARED = ("help", "config", "verbose", "debug")
_log = logging.getLogger("gpuprop")


class Setting(NamedTuple):
    """One key of the file."""

    table: str  # empty for keys above the first table, which hold for every command that knows them
    key: str
    value: Any
    place: str


def apply(context: typer.Context, config: str | None) -> None:
    """Make what the file says the defaults of the command that is about to run."""
    absent = config is None and not Path(DEFAULT_NAME).is_file()
    if absent or context.resilient_parsing or context.parent is None:
        return
    path = config or DEFAULT_NAME
    settings = read(path, commands(context.parent.command))
    name = context.command.name
    chosen = {
        **{setting.key: setting for setting in settings if not setting.table},
        **{setting.key: setting for setting in settings if setting.table == name},
    }
    known = keys(context.command)
    context.default_map = {
        known[key].name: _checked(known[key], context, setting)
        for key, setting in chosen.items()
        if key in known
    }
    _log.info("%s: sets %s", path, ", ".join(chosen) or "nothing")


def commands(group: Any) -> dict[str, Any]:
    """Return the commands of a group that have ``--config``, by name."""
    return {
        name: command
        for name, command in group.commands.items()
        if any(one.name == "config" for one in command.params)
    }


def read(path: str, commands: Mapping[str, Any]) -> list[Setting]:
    """Read a configuration file and refuse what no command knows.

    Parameters
    ----------
    path : str
        The file.
    commands : mapping of str to command
        The commands by name.

    Returns
    -------
    list of Setting
        In the order of the file.

    Raises
    ------
    InputError
        The file is not TOML, or has a table or key that no command knows.
    """
    import tomllib

    try:
        text = Path(path).read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: is not TOML: {error}") from None
    settings = []
    for name, value in content.items():
        if isinstance(value, dict):
            _refuse_unknown(name, commands, f"{path}{_line(text, None, name)}", "there is no command")
            pairs = [(name, key, one) for key, one in value.items()]
        else:
            pairs = [("", name, value)]
        for table, key, one in pairs:
            place = f"{path}{_line(text, key, table)}"
            wanted = [commands[table]] if table else list(commands.values())
            known = {one for command in wanted for one in keys(command)}
            _refuse_unknown(_spelled(key), known, place, f"[{table}] has no key" if table else "no key is")
            settings.append(Setting(table, _spelled(key), one, place))
    return settings


def _refuse_unknown(name: str, known: Any, place: str, what: str) -> None:
    if name in known:
        return
    close = get_close_matches(name, list(known), 1)
    hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(sorted(known))}"
    raise InputError(f"{place}: {what} {name!r}; {hint}")


def _spelled(key: str) -> str:
    return key.replace("_", "-")


def keys(command: Any) -> dict[str, Any]:
    """Return the parameters of a command by the names of their options without dashes."""
    found = {}
    for one in command.params:
        if one.name not in _SHARED:
            long = [text for text in one.opts if text.startswith("--")]
            found[long[0][2:] if long else _spelled(one.name)] = one
    return found


def _line(text: str, key: str | None, table: str) -> str:
    """Say in which line a key, or the head of a table, stands; tomllib does not tell."""
    current = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if head := re.match(r"\s*\[\s*[\"']?([^\]\"'.]+?)[\"']?\s*\]", line):
            current = head[1]
            if key is None and current == table:
                return f", line {number}"
        elif key is not None and current == table and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
            return f", line {number}"
    return ""


def _checked(parameter: Any, context: Any, setting: Setting) -> Any:
    """Return the value, after it was read as if it stood on the command line."""
    value = _as_typed(setting.value, setting.place, setting.key)
    flag = getattr(parameter, "is_flag", False)
    if flag != isinstance(value, bool):
        raise InputError(f"{setting.place}: {setting.key} " + ("is true or false" if flag else "is no flag"))
    try:
        parameter.process_value(context, value)
    except typer.BadParameter as error:
        raise InputError(f"{setting.place}: {setting.key}: {error.message}") from None
    return value


def _as_typed(value: Any, place: str, key: str) -> Any:
    if isinstance(value, (dt.datetime, dt.date)):
        return value.isoformat()
    if isinstance(value, list):
        return [_as_typed(one, place, key) for one in value]
    if isinstance(value, (dict, dt.time)):
        raise InputError(f"{place}: {key}: give a text, a number, a time, true or false, or a list of these")
    return value if isinstance(value, bool) else str(value)
