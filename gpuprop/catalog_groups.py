"""What element sets have in common: orbit class, name, launch."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from gpuprop.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gpuprop.formats.columns import Array

ORBIT_CLASSES = ("LEO", "MEO", "GEO", "HEO", "other")
_KIND = re.compile(r"\s+(?:DEB|R/B|AKM|PKM|PLAT)\b.*$")
_LAUNCH = re.compile(r"\d{4}-\d{3}")


def orbit_class(mean_motion: Array, eccentricity: Array) -> Array:
    """Return the class of each orbit by the definitions of Space-Track.

    Source: www.space-track.org/basicspacedata, "GEO: 0.99 <= Mean Motion <= 1.01 and Eccentricity < 0.01;
    MEO: 600 minutes <= Period <= 800 minutes and Eccentricity < 0.25; LEO: Mean Motion > 11.25 and
    Eccentricity < 0.25; HEO: Eccentricity > 0.25".
    """
    period = 1440.0 / mean_motion
    low = (mean_motion > 11.25) & (eccentricity < 0.25)
    medium = (period >= 600.0) & (period <= 800.0) & (eccentricity < 0.25)
    synchronous = (mean_motion >= 0.99) & (mean_motion <= 1.01) & (eccentricity < 0.01)
    return np.select(
        [low, medium, synchronous, eccentricity > 0.25], ORBIT_CLASSES[:4], default=ORBIT_CLASSES[4]
    )


def name_stem(name: str) -> str:
    """Return what objects of one series have in common: ``STARLINK`` for ``STARLINK-1007``."""
    short = _KIND.sub("", name.upper()).strip()
    words = []
    for word in re.split(r"[ \-_]+", short):
        if not word or any(character.isdigit() or character in "([" for character in word):
            break
        words.append(word)
    return " ".join(words) or short


def launch_of(object_id: str) -> str:
    """Return ``1998-067`` for ``1998-067A``, nothing where there is no such designator."""
    found = _LAUNCH.match(object_id)
    return found.group() if found else ""


def groups(columns: Mapping[str, Array], by: str) -> dict[str, Array]:
    """Return the rows of every group, under its name.

    Raises
    ------
    InputError
        `by` is neither ``"name"`` nor ``"launch"``.
    """
    if by == "name":
        keys = [name_stem(name) for name in columns["name"].tolist()]
    elif by == "launch":
        keys = [launch_of(object_id) for object_id in columns["object_id"].tolist()]
    else:
        raise InputError(f"by is {by!r}; give 'name' or 'launch'")
    found: dict[str, list[int]] = {}
    for row, key in enumerate(keys):
        found.setdefault(key, []).append(row)
    return {key: np.array(found[key], np.int64) for key in sorted(found)}
