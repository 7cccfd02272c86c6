"""The directive ``command-help``: what ``gpuprop COMMAND --help`` prints, taken from the program itself."""

from __future__ import annotations

import contextlib
import io
import os
from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.parsers.rst import Directive

from gpuprop.cli import main

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class CommandHelp(Directive):
    required_arguments = 0
    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        text = printed([*self.arguments, "--help"])
        block = nodes.literal_block(text, text)
        block["language"] = "text"
        return [block]


def printed(arguments: list[str]) -> str:
    os.environ.update(COLUMNS="100", TERMINAL_WIDTH="100", NO_COLOR="1")
    found = io.StringIO()
    with contextlib.redirect_stdout(found), contextlib.suppress(SystemExit):
        main(arguments)
    return "\n".join(line.rstrip() for line in found.getvalue().strip("\n").splitlines())


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("command-help", CommandHelp)
    return {"parallel_read_safe": True}
