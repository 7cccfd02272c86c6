"""Coverage-guided fuzzing of one reader: every number it gives out is what its text says, or it refuses.

Usage: python validation/fuzz/fuzz_reader.py tle|csv|json|xml|kvn|any FOLDER [libFuzzer options], for
example -runs=50000. Legal records are put into the folder first, and inputs that reach new code are
added to it. Needs atheris (pip install atheris). `run.py` runs all readers and prints the tally.

What is asserted of every input, beside that nothing but a `CatalogError` is raised:

- each element set accepted equals what `independent` (regular expressions and decimals, one record at a
  time) makes of the text at its line;
- numbers are finite and within the limits of the standard;
- an element set that is alone in its text and legal by the independent reading is accepted (TLE);
- every line of a TLE text belongs to a record or to an entry of the report;
- messages and entries can be printed, and lines are numbered from 1.

``any`` is the whole path: compression, byte order marks, detection of the format, then its reader.
"""

from __future__ import annotations

import gzip
import importlib
import io
import math
import re
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import atheris
from atheris.import_hook import HookManager

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import pyarrow.csv  # noqa: E402, F401 - seen by the fuzzer

# Branches only: comparisons of arrays teach nothing, cost as much as a reader, and atheris keeps each array.
INSTRUMENTED = HookManager({"gpuprop"}, set(), enable_loader_override=False, trace_dataflow=False)
with INSTRUMENTED:
    from gpuprop import formats
    from gpuprop.errors import CatalogError
    from gpuprop.formats import omm_csv, omm_json, omm_kvn, omm_xml, sources, tle  # noqa: F401 - seen by the fuzzer
    from gpuprop.formats.columns import DTYPE, FIELDS
    from gpuprop.formats.report import Report

from tests.formats import oracle  # noqa: E402 - the path is set first
from tests.formats.corpus import FIELDS as SEED_FIELDS  # noqa: E402 - the path is set first
from tests.formats.corpus import PAIR, Legal  # noqa: E402 - the path is set first
from tests.formats.corpus_omm import NOTATIONS  # noqa: E402 - the path is set first
from validation.fuzz import independent  # noqa: E402 - the path is set first

if TYPE_CHECKING:
    from gpuprop.formats.columns import Columns
    from gpuprop.formats.report import ReportEntry

MODULES = {"tle": "tle", "csv": "omm_csv", "json": "omm_json", "xml": "omm_xml", "kvn": "omm_kvn"}
NUMBERS = [name for name in FIELDS if DTYPE[name].kind == "f"]


def read(kind: str, data: bytes) -> None:
    """Read a text and look at everything that comes of it."""
    # Stale checksums are let pass for every second length, or few changes would come any further.
    checksum = "ignore" if len(data) % 2 else "error"
    try:
        if kind == "any":
            data, name = sources.load(data)
            kind = formats.detect(data, name)
        reader: Any = importlib.import_module(f"gpuprop.formats.{MODULES[kind]}")
        options = {"checksum": checksum} if kind == "tle" else {}
        columns, entries = formats._validated(reader.read(data, "fuzz", **options), "fuzz")
    except CatalogError as error:
        check_message(str(error))
        return
    check_values(columns)
    check_against_text(kind, data, columns, summed=checksum == "error")
    check_entries(kind, entries)
    if kind == "tle":
        check_nothing_vanishes(data, columns, entries, summed=checksum == "error")


def check_message(text: str) -> None:
    """Assert that an error can be printed."""
    assert text.isprintable(), text


def check_values(columns: Columns) -> None:
    """Assert that every value is possible."""
    count = len(columns["norad_id"])
    for name in FIELDS:
        assert len(columns[name]) == count, name
        assert columns[name].dtype.kind == DTYPE[name].kind, name
    for row in range(count):
        found = {name: columns[name][row].item() for name in FIELDS}
        assert all(math.isfinite(found[name]) for name in NUMBERS), found
        assert 0 < found["mean_motion"] <= 20, found
        assert 0 <= found["eccentricity"] <= 0.999, found
        assert 0 <= found["inclination"] <= 180, found
        assert 0 <= found["norad_id"] <= 999_999_999, found
        assert found["ephemeris_type"] in {0, 2, 3}, found
        assert found["name"].isprintable() or not found["name"].isascii(), found


def check_against_text(kind: str, data: bytes, columns: Columns, *, summed: bool) -> None:
    """Assert that every element set is what its text says."""
    for row, line in enumerate(columns["line"].tolist()):
        assert line >= 1
        candidates = list(independent.records(kind, data, line, summed=summed))
        same = any(
            all(columns[name][row] == value for name, value in candidate.items()) for candidate in candidates
        )
        assert same, (line, {name: columns[name][row] for name in FIELDS}, candidates)


def check_entries(kind: str, entries: list[ReportEntry]) -> None:
    """Assert that the report can be printed."""
    for entry in entries:
        assert entry.line >= 1, entry
        assert entry.reason, entry
        assert str(entry).isascii() or kind == "tle", entry
    str(Report(entries))


def check_nothing_vanishes(
    data: bytes, columns: Columns, entries: list[ReportEntry], *, summed: bool
) -> None:
    """Assert that what is not read is reported, and that what is legal is read."""
    lines = [line.strip(b" \t") for line in re.split(b"\r|\n", data)]
    used = [line for line in lines if line and not line.startswith((b"#", b"//"))]
    refused = [entry for entry in entries if entry.action == "refused"]
    assert len(used) <= 3 * (len(columns["norad_id"]) + len(refused)), entries
    try:
        oracle.tle(data.decode("latin-1"), summed=summed)
    except oracle.No:
        return
    assert len(columns["norad_id"]) == 1, entries


def seeds(kind: str, folder: Path) -> None:
    """Put legal records and the legal cases of the corpus into a folder."""
    from tests.formats import corpus_omm, corpus_tle

    texts = [PAIR.encode()] if kind in {"tle", "any"} else []
    texts += [write(SEED_FIELDS).encode() for name, write in NOTATIONS.items() if name.startswith(kind)]
    cases = corpus_tle.CASES if kind == "tle" else corpus_omm.CASES
    for case in cases:
        if isinstance(case, Legal) and (kind == "tle" or case.title.startswith(f"{kind}:")):
            texts.append(case.text if isinstance(case.text, bytes) else case.text.encode())
    if kind == "any":
        plain = [*texts, *(write(SEED_FIELDS).encode() for write in NOTATIONS.values())]
        texts = [*plain, *map(gzip.compress, plain), *(zipped(zipfile.ZIP_STORED, text) for text in plain)]
        texts += [zipped(zipfile.ZIP_DEFLATED, text) for text in plain]
        texts += [text.decode().encode("utf-16") for text in plain]
    for number, text in enumerate(texts):
        (folder / f"{number:04d}").write_bytes(text)


def zipped(method: int, text: bytes) -> bytes:
    """Return a zip file with one member."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("a", text)
    return out.getvalue()


def main() -> None:
    """Fuzz the reader that the command line names."""
    kind, folder = sys.argv[1:3]
    seeds(kind, Path(folder))
    atheris.Setup([sys.argv[0], *sys.argv[3:], folder], lambda data: read(kind, data))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
