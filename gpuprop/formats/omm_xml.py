"""OMM as XML, one or many in an NDM, by the standard library's expat.

No document type declaration is accepted, so there are no entities to expand
or to fetch; depth and size of what is kept are bounded.
"""

from __future__ import annotations

from typing import NoReturn
from xml.parsers import expat

from gpuprop.errors import CatalogError
from gpuprop.formats import omm
from gpuprop.formats.columns import Reading
from gpuprop.formats.places import Places
from gpuprop.formats.report import REFUSED, ReportEntry, quoted

_ROOTS = ("ndm", "omm")
_DEEPEST = 32
_LONGEST_VALUE = 4096
_PIECE = 2**22
_BEFORE_VALUE = r"[<:\"']{}[\s>/\"']"
_WANTED = frozenset(omm.KEYWORDS)


class _Stop(Exception):
    """The text is well-formed XML and must not be read on."""


class _Handler:
    """Collects the text of every keyword of every segment."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.records: list[omm.Record] = []
        self.lines: list[int] = []
        self.faults: list[omm.Fault] = []
        self.depth = 0
        self.complete = 0
        self.record: omm.Record | None = None
        self.keyword: str | None = None
        self.text: list[str] = []
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters
        self.parser.StartDoctypeDeclHandler = self.doctype

    def doctype(self, *_: object) -> NoReturn:
        raise _Stop("a document type declaration (DOCTYPE) is not accepted; remove it")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if ":" in name:
            name = name.rpartition(":")[2]
        if self.depth == 1 and name not in _ROOTS:
            raise _Stop(f"the root element is {quoted(name)}; ndm or omm is needed")
        if self.depth > _DEEPEST:
            raise _Stop(f"elements are nested more than {_DEEPEST} deep")
        if name == "segment":
            if self.record is not None:
                raise _Stop("a segment stands inside a segment")
            self.record = {}
            self.records.append(self.record)
            self.lines.append(self.parser.CurrentLineNumber)
        elif self.record is not None:
            self._start_value(name, attributes)

    def _start_value(self, name: str, attributes: dict[str, str]) -> None:
        if self.keyword is not None:
            self.fault(self.keyword, f"the element {quoted(name)} stands inside it")
        if name == "USER_DEFINED":
            name = f"USER_DEFINED_{attributes.get('parameter', '').upper()}"
        if name not in _WANTED:
            return
        self.keyword = name
        self.text.clear()
        if "units" in attributes and (reason := omm.unit_fault(name, attributes["units"])):
            self.fault(name, reason)

    def characters(self, text: str) -> None:
        if self.keyword is not None:
            self.text.append(text)

    def end(self, name: str) -> None:
        self.depth -= 1
        if self.keyword is not None:
            self._end_value()
        elif self.record is not None and name.rpartition(":")[2] == "segment":
            self.record = None
            self.complete = len(self.records)

    def _end_value(self) -> None:
        value = "".join(self.text).strip(" \t\r\n")
        if self.record is not None and self.keyword is not None:
            if len(value) > _LONGEST_VALUE:
                self.fault(self.keyword, f"the text has {len(value)} characters")
            elif not omm.set_once(self.record, self.keyword, value):
                self.fault(self.keyword, "the keyword is there twice, with different values")
        self.keyword = None

    def fault(self, keyword: str, reason: str) -> None:
        self.faults.append((len(self.records) - 1, keyword, reason))


def read(data: bytes, source: str) -> Reading:
    """Read all records of a text.

    Parameters
    ----------
    data : bytes
        The text.
    source : str
        Its name, for messages.

    Returns
    -------
    Reading
        The records that could be parsed, and entries for what could not. Where the text stops
        being XML, what came before is kept and the rest is reported.

    Raises
    ------
    CatalogError
        The root element is neither ``ndm`` nor ``omm``, or there is a DOCTYPE.
    """
    handler = _Handler(source)
    entry: ReportEntry | None = None
    try:
        for start in range(0, len(data), _PIECE):
            handler.parser.Parse(data[start : start + _PIECE], start + _PIECE >= len(data))
    except _Stop as error:
        line = handler.parser.CurrentLineNumber
        raise CatalogError(f"{source}, line {line}: {error}") from None
    except (expat.ExpatError, ValueError, LookupError) as error:
        line = handler.parser.ErrorLineNumber
        reason = f"the text is no XML from here on: {error}"
        entry = ReportEntry(source, line, "", reason, REFUSED, None)
    records = handler.records[: handler.complete]
    places = Places(data, handler.lines[: handler.complete], _BEFORE_VALUE)
    faults = [fault for fault in handler.faults if fault[0] < handler.complete]
    reading = omm.from_records(records, places, source, faults)
    return Reading(reading.columns, [*reading.entries, *([entry] if entry else [])], reading.where)
