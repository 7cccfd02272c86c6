"""The options of ``screen`` that say whom to look at, and in which volume."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gpuprop.errors import InputError

if TYPE_CHECKING:
    from gpuprop import Encounters

Primaries = Annotated[
    str | None,
    typer.Option(
        help="Look only at pairs with one of these: numbers with commas, a CSV with norad_id, or a catalog."
    ),
]
Secondaries = Annotated[
    str | None, typer.Option(help="What the primaries are compared with, likewise; everybody if left out.")
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(
        help="Leave out pairs: 'constellation', 'launch', 'same-id', 'docked', ID:ID, or a CSV with "
        "norad_id_1, norad_id_2; may be repeated."
    ),
]
VolumeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--volume",
        help="In place of the threshold: sphere=KM, box=R,I,C or ellipsoid=R,I,C, in km or as -KM:KM, or a "
        "preset like human-spaceflight-notification; may be repeated for orbit classes or objects, as "
        "LEO:box=..., 25544:box=..., default:...",
    ),
]


def objects(text: str | None, option: str) -> Any:
    """Return the numbers or the catalog that ``--primaries`` or ``--secondaries`` stands for."""
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if all(part.isdigit() for part in parts):
        return [int(part) for part in parts]
    if not Path(text).is_file():
        raise InputError(f"{option} {text}: neither catalog numbers with commas between them nor a file")
    header, rows = _csv(text)
    if header[:1] == ["norad_id"] or header == ["norad_id"]:
        return [_number(row[0], text, line) for line, row in enumerate(rows, 2)]
    from gpuprop import Catalog

    return Catalog.read(text)


def exclusions(given: list[str] | None) -> dict[str, Any]:
    """Return the arguments of `gpuprop.screen` that ``--exclude`` stands for."""
    names: list[str] = []
    pairs: list[tuple[int, int]] = []
    for text in given or []:
        first, colon, second = text.partition(":")
        if colon and first.isdigit() and second.isdigit():
            pairs.append((int(first), int(second)))
        elif Path(text).is_file():
            header, rows = _csv(text)
            if header[:2] != ["norad_id_1", "norad_id_2"]:
                raise InputError(f"--exclude {text}: the first columns have to be norad_id_1 and norad_id_2")
            for line, row in enumerate(rows, 2):
                one, two = (row + ["", ""])[:2]
                pairs.append((_number(one, text, line), _number(two, text, line)))
        else:
            names.append(text)
    return {"exclude": names, "exclude_pairs": pairs or None}


def volume(given: list[str] | None) -> Any:
    """Return what ``--volume`` stands for."""
    if not given:
        return None
    from gpuprop import Volume

    keyed = [text.partition(":") if ":" in text.partition("=")[0] else ("", "", text) for text in given]
    if len(keyed) == 1 and not keyed[0][0]:
        return Volume.parse(keyed[0][2])
    found = {key or "default": Volume.parse(text) for key, _, text in keyed}
    if len(found) < len(keyed):
        raise InputError("--volume: two are given for the same objects; give each class or object once")
    numbers = [key for key in found if key.isdigit()]
    if numbers and set(found) - {*numbers, "default"}:
        raise InputError("--volume: give volumes by orbit class or by catalog number, not both")
    return {int(key) if key.isdigit() else key: value for key, value in found.items()}


def describe(encounters: Encounters) -> list[str]:
    """Say who was looked at and how much was left out."""
    told = encounters.parameters
    lines = [f"{name:<18} {told[name]:,}" for name in ("primaries", "secondaries") if name in told]
    if "volume" in told:
        volumes = told["volume"]
        texts = [volumes] if isinstance(volumes, str) else [f"{key}:{text}" for key, text in volumes.items()]
        lines += [f"{'volume':<18} {text}" for text in texts]
    lines += [
        f"{'left out':<18} {count:,} pairs ({rule})" for rule, count in told.get("left_out_pairs", {}).items()
    ]
    if "left_out_docked" in told:
        lines.append(f"{'left out':<18} {told['left_out_docked']:,} encounters of pairs that never part")
    return lines


def _csv(path: str) -> tuple[list[str], list[list[str]]]:
    with Path(path).open(newline="", encoding="utf-8", errors="replace") as file:
        rows = [row for row in csv.reader(file) if row]
    return ([field.strip() for field in rows[0]] if rows else []), rows[1:]


def _number(text: str, path: str, line: int) -> int:
    if not text.strip().isdigit():
        raise InputError(f"{path}, row {line}: {text!r} is no catalog number")
    return int(text)
