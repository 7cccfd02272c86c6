"""CCSDS messages as XML: a flat walk over their elements, and text out of them.

No document type declaration is accepted, so there are no entities to expand or to fetch.
"""

from __future__ import annotations

from typing import NamedTuple, NoReturn
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from gpuprop.errors import CatalogError
from gpuprop.formats.report import quoted

__all__ = ["Element", "XmlWriter", "elements"]

_DEEPEST = 16
_MOST_ELEMENTS = 20_000_000


class _Stop(Exception):
    """The text is well-formed XML and must not be read on."""


class Element(NamedTuple):
    """A leaf with its text, or the opening (``opens``) of an element that holds others."""

    line: int
    path: tuple[str, ...]
    name: str
    text: str
    attributes: dict[str, str]
    opens: bool


class _Walk:
    def __init__(self) -> None:
        self.found: list[Element] = []
        self.stack: list[list[object]] = []
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text
        self.parser.StartDoctypeDeclHandler = self.doctype

    def doctype(self, *_: object) -> NoReturn:
        raise _Stop("a document type declaration (DOCTYPE) is not accepted; remove it")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.stack) >= _DEEPEST:
            raise _Stop(f"elements are nested more than {_DEEPEST} deep")
        if len(self.found) >= _MOST_ELEMENTS:
            raise _Stop(f"there are more than {_MOST_ELEMENTS:,} elements")
        self._open_parent()
        self.stack.append([name.rpartition(":")[2], attributes, self.parser.CurrentLineNumber, [], False])

    def _open_parent(self) -> None:
        if self.stack and not self.stack[-1][4]:
            name, attributes, line, _, _ = self.stack[-1]
            self.stack[-1][4] = True
            self._add(line, name, "", attributes, opens=True)

    def _add(self, line: object, name: object, text: str, attributes: object, *, opens: bool) -> None:
        path = tuple(str(entry[0]) for entry in self.stack[:-1])
        assert isinstance(line, int)
        assert isinstance(attributes, dict)
        self.found.append(Element(line, path, str(name), text, attributes, opens))

    def text(self, text: str) -> None:
        if self.stack:
            pieces = self.stack[-1][3]
            assert isinstance(pieces, list)
            pieces.append(text)

    def end(self, _: str) -> None:
        name, attributes, line, pieces, has_children = self.stack[-1]
        if not has_children:
            assert isinstance(pieces, list)
            self._add(line, name, "".join(pieces).strip(" \t\r\n"), attributes, opens=False)
        self.stack.pop()


def elements(data: bytes, source: str) -> list[Element]:
    """Return the elements of a text in their order; namespaces are left out of names.

    Parameters
    ----------
    data : bytes
        The text.
    source : str
        Its name, for messages.

    Raises
    ------
    CatalogError
        The text is no XML, nested too deep, or has a DOCTYPE.
    """
    walk = _Walk()
    try:
        walk.parser.Parse(data, True)  # noqa: FBT003 - expat takes it by position
    except _Stop as error:
        raise CatalogError(f"{source}, line {walk.parser.CurrentLineNumber}: {error}") from None
    except (expat.ExpatError, ValueError, LookupError) as error:
        reason = quoted(str(error))
        raise CatalogError(
            f"{source}, line {walk.parser.ErrorLineNumber}: the text is no XML: {reason}"
        ) from None
    return walk.found


class XmlWriter:
    """Text of an XML message, element by element."""

    def __init__(self, root: str, keyword: str, version: str) -> None:
        schema = "http://sanaregistry.org/r/ndmxml/ndmxml-1.0-master.xsd"
        self._lines = [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<{root} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
            f'xsi:noNamespaceSchemaLocation="{schema}" id="{keyword}" version="{version}">',
        ]
        self._open = [root]

    def open(self, name: str) -> None:
        """Begin an element that holds others."""
        self._lines.append("  " * len(self._open) + f"<{name}>")
        self._open.append(name)

    def close(self) -> None:
        """End the element begun last."""
        name = self._open.pop()
        self._lines.append("  " * len(self._open) + f"</{name}>")

    def leaf(self, name: str, text: str, unit: str = "") -> None:
        """Write an element with its text."""
        units = f" units={quoteattr(unit)}" if unit else ""
        self._lines.append("  " * len(self._open) + f"<{name}{units}>{escape(text)}</{name}>")

    def text(self) -> str:
        """Return all of it, with what is open closed."""
        while self._open:
            self.close()
        return "\n".join(self._lines) + "\n"
