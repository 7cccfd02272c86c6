"""Catalogs of any size that look like the real one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpuprop.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gpuprop.formats.columns import Array, Columns

# How far an object is moved from the real one it is drawn after: enough to tell copies apart,
# little enough to stay in the same shell. Relative, relative, degrees, degrees.
_MEAN_MOTION_SPREAD = 2e-4
_ECCENTRICITY_SPREAD = 0.05
_INCLINATION_SPREAD = 0.05
_NODE_SPREAD = 5.0
_PERIGEE_SPREAD = 20.0
_LARGEST_COUNT = 100_000_000


def draw(columns: Mapping[str, Array], count: int, seed: int) -> Columns:
    """Return `count` element sets drawn after those of a real catalog.

    Each takes size, shape, tilt, node, perigee, drag and epoch together from one real object, so that shells,
    constellations and their correlations stay; all but drag and epoch are shifted a little, and the
    place in the orbit is free.

    Parameters
    ----------
    columns : mapping
        The real catalog.
    count : int
        Number of objects, numbered from 1.
    seed : int
        Equal seeds give equal catalogs.

    Raises
    ------
    InputError
        `count` is negative or not a whole number, or `seed` is.
    """
    for name, value in (("n", count), ("seed", seed)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 0:
            raise InputError(f"{name} is {value!r}; give a whole number from 0 on")
    if count > _LARGEST_COUNT:
        raise InputError(f"n is {count}; {_LARGEST_COUNT} objects are the limit")
    random = np.random.default_rng(seed)
    rows = random.integers(len(columns["norad_id"]), size=count)

    def shifted(name: str, spread: float) -> Array:
        return np.asarray(columns[name][rows] + spread * random.standard_normal(count))

    def scaled(name: str, spread: float | Array) -> Array:
        return np.asarray(columns[name][rows] * np.exp(spread * random.standard_normal(count)))

    # Perigees of eccentric orbits are to move by kilometres, not into the Earth.
    roundness = (1.0 - columns["eccentricity"][rows]) ** 4
    tilt = np.abs(shifted("inclination", _INCLINATION_SPREAD))
    numbers = np.arange(1, count + 1)
    return {
        "norad_id": numbers,
        "name": np.char.add("SYNTHETIC ", numbers.astype("U9")),
        "epoch": columns["epoch"][rows],
        "mean_motion": np.minimum(scaled("mean_motion", _MEAN_MOTION_SPREAD), columns["mean_motion"].max()),
        "eccentricity": np.minimum(
            scaled("eccentricity", _ECCENTRICITY_SPREAD * roundness), columns["eccentricity"].max()
        ),
        "inclination": np.where(tilt > 180.0, 360.0 - tilt, tilt),
        "ra_of_asc_node": shifted("ra_of_asc_node", _NODE_SPREAD) % 360.0,
        "arg_of_pericenter": shifted("arg_of_pericenter", _PERIGEE_SPREAD) % 360.0,
        "mean_anomaly": random.uniform(0.0, 360.0, count),
        "bstar": columns["bstar"][rows],
    }
