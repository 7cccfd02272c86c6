"""Screening by gpuprop and by astroz of the same catalog, window and threshold."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from gpuprop import Catalog

START = datetime(2024, 11, 1, tzinfo=UTC)  # the day of the sample catalog
Pairs = set[tuple[int, int]]
Answer = tuple[int, Pairs, Pairs]  # rows, all pairs, and those clearly below the threshold with a minimum
Call = tuple["Callable[[], Any]", "Callable[[Any], Answer]"]
MARGIN_KM = 0.01  # at the threshold itself, errors of centimetres decide who is in


def prepare(hours: float, threshold_km: float) -> dict[str, Call]:
    """Return, by name, a call to be timed and what reads its answer."""
    import astroz

    import gpuprop

    catalog = gpuprop.Catalog.sample()
    with tempfile.TemporaryDirectory() as folder:
        # Handed over as text, JSON whose names hold "1 " and "2 " is taken for two-line elements.
        file = Path(folder) / "catalog.json"
        file.write_text(as_omm_json(catalog))
        constellation = astroz.Constellation(str(file))
    numbers = constellation.satnums
    if sorted(numbers) != sorted(catalog.norad_id.tolist()):
        raise RuntimeError(f"astroz took {len(numbers)} of {len(catalog)} objects")
    stop = START + timedelta(hours=hours)

    def pairs_of_gpuprop(found: Any) -> Answer:
        clear = (found.miss_distance_km < threshold_km - MARGIN_KM) & (found.n_minima > 0)
        pairs = list(zip(found.norad_id_1.tolist(), found.norad_id_2.tolist(), strict=True))
        return len(found), set(pairs), {pair for pair, is_clear in zip(pairs, clear, strict=True) if is_clear}

    def pairs_of_astroz(found: Any) -> Answer:
        clear = found.distance < threshold_km - MARGIN_KM
        both = [(numbers[i], numbers[j]) for i, j in zip(found.i, found.j, strict=True)]
        pairs = [(min(pair), max(pair)) for pair in both]
        return len(pairs), set(pairs), {pair for pair, is_clear in zip(pairs, clear, strict=True) if is_clear}

    return {
        "gpuprop": (
            lambda: gpuprop.screen(
                catalog, START, stop, threshold_km=threshold_km, engine="cpu", mode="improved"
            ),
            pairs_of_gpuprop,
        ),
        "astroz": (
            lambda: astroz.screen(constellation, hours * 60.0, threshold=threshold_km, start_time=START),
            pairs_of_astroz,
        ),
    }


def as_omm_json(catalog: Catalog) -> str:
    """Write the elements with all their digits in the form that astroz reads."""
    columns = {
        "OBJECT_NAME": catalog.name.tolist(),
        "OBJECT_ID": catalog.object_id.tolist(),
        "EPOCH": [str(epoch)[:26] for epoch in catalog.epoch_utc],
        "NORAD_CAT_ID": catalog.norad_id.tolist(),
        "MEAN_MOTION": catalog.mean_motion.tolist(),
        "ECCENTRICITY": catalog.eccentricity.tolist(),
        "INCLINATION": catalog.inclination.tolist(),
        "RA_OF_ASC_NODE": catalog.ra_of_asc_node.tolist(),
        "ARG_OF_PERICENTER": catalog.arg_of_pericenter.tolist(),
        "MEAN_ANOMALY": catalog.mean_anomaly.tolist(),
        "BSTAR": catalog.bstar.tolist(),
        "MEAN_MOTION_DOT": catalog.mean_motion_dot.tolist(),
        "MEAN_MOTION_DDOT": catalog.mean_motion_ddot.tolist(),
        "EPHEMERIS_TYPE": [0] * len(catalog),
        "CLASSIFICATION_TYPE": ["U"] * len(catalog),
        "ELEMENT_SET_NO": catalog.element_set_no.tolist(),
        "REV_AT_EPOCH": catalog.rev_at_epoch.tolist(),
    }
    return json.dumps([dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)])
