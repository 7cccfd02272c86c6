"""The parts of a report that are plain HTML: figures, counts, provenance, failed objects."""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

import gpuprop
from gpuprop.report.tracks import chosen_rows
from gpuprop.shown import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gpuprop.catalog import Catalog
    from gpuprop.encounter_table import Encounters

_MOST_FAILED = 500
_CLOSEST = 25


def text(value: object) -> str:
    """Return a value as text that is safe in HTML, names isolated from the text around them."""
    return escape(shown(str(value)))


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], caption: str, numbers: set[int]) -> str:
    """Return a table whose first column heads its rows; columns in `numbers` stand at the right."""
    sides = [' class="number"' if i in numbers else "" for i in range(len(heads))]
    head = "".join(
        f'<th scope="col"{side}>{text(name)}</th>' for name, side in zip(heads, sides, strict=True)
    )
    lines = []
    for first, *others in rows:
        cells = "".join(
            f"<td{side}><bdi>{text(value)}</bdi></td>" for value, side in zip(others, sides[1:], strict=True)
        )
        lines.append(f'<tr><th scope="row"><bdi>{text(first)}</bdi></th>{cells}</tr>')
    body = "\n".join(lines)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="Table: {text(caption)}">'
        f'<table class="plain">'
        f'<caption class="unseen">{text(caption)}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def window(encounters: Encounters) -> str:
    """Say in one line what was screened."""
    asked = encounters.parameters
    words = []
    if "start" in asked and "stop" in asked:
        words.append(f"{_instant(asked['start'])} to {_instant(asked['stop'])} UTC")
    if "threshold_km" in asked:
        words.append(f"closer than {asked['threshold_km']:g} km")
    return text(", ".join(words) or "The file does not say which window was screened.")


def figures(encounters: Encounters) -> str:
    """Return the key figures and the counts by kind."""
    shown_figures = [("encounters", f"{len(encounters):,}", "")]
    if len(encounters):
        closest, fastest = int(chosen_rows(encounters, 1)[0]), int(encounters.relative_speed_km_s.argmax())
        ids = (f"{encounters[f'name_{k}'][closest]} {encounters[f'norad_id_{k}'][closest]}" for k in (1, 2))
        shown_figures += [
            ("closest pass", f"{encounters.miss_distance_km[closest]:.3f} km", ", ".join(ids)),
            ("highest relative speed", f"{encounters.relative_speed_km_s[fastest]:.3f} km/s", ""),
            ("objects involved", f"{_objects(encounters):,}", ""),
            ("oldest element set", f"{_oldest(encounters):.1f} days", "at TCA"),
        ]
    shown_figures.append(("failed objects", f"{len(encounters.report):,}", ""))
    items = "".join(
        f"<div><dt>{text(name)}</dt><dd>{text(value)}"
        + (f"<small><bdi>{text(more)}</bdi></small>" if more else "")
        + "</dd></div>"
        for name, value, more in shown_figures
    )
    counts = sorted(Counter(encounters.kind.tolist()).items(), key=lambda one: -one[1])
    kinds = table(["kind", "encounters"], [(kind, f"{n:,}") for kind, n in counts], "Encounters by kind", {1})
    return f'<dl class="figures">{items}</dl>{kinds}'


def _objects(encounters: Encounters) -> int:
    return len(np.union1d(encounters.norad_id_1, encounters.norad_id_2))


def _oldest(encounters: Encounters) -> float:
    return float(max(np.abs(encounters[f"age_{k}_days"]).max() for k in (1, 2)))


def closest(encounters: Encounters) -> str:
    """Return the closest passes as a table for readers without scripts."""
    rows = [
        (
            _instant(encounters.tca[row]),
            f"{encounters.name_1[row]} {encounters.norad_id_1[row]}",
            f"{encounters.name_2[row]} {encounters.norad_id_2[row]}",
            f"{encounters.miss_distance_km[row]:.3f}",
            f"{encounters.relative_speed_km_s[row]:.3f}",
        )
        for row in chosen_rows(encounters, _CLOSEST).tolist()
    ]
    heads = ["TCA", "object 1", "object 2", "miss distance (km)", "relative speed (km/s)"]
    return table(heads, rows, "Closest passes", {3, 4})


def provenance(encounters: Encounters, asked: dict[str, Any], catalog: Catalog | None, created: str) -> str:
    """Return what made the encounters and the report."""
    rows = [(f"screening: {name.replace('_', ' ')}", value) for name, value in encounters.parameters.items()]
    rows += [(f"probability: {name.replace('_', ' ')}", value) for name, value in asked.items()]
    if not encounters.parameters:
        rows.append(("screening", "parameters not known: the file does not hold them"))
    rows += [("model", "SGP4/SDP4 with the constants of WGS-72; states in TEME")]
    if catalog is not None:
        rows += [
            ("catalog", f"{len(catalog):,} element sets from {', '.join(catalog.sources)}"),
            ("catalog digest", catalog.digest),
            ("records refused or repaired", f"{len(catalog.report):,}"),
        ]
    rows += [("report made", f"{created} UTC by gpuprop {gpuprop.__version__}")]
    return table(["what", "value"], rows, "Provenance", set())


def failed(encounters: Encounters) -> str:
    """Return the objects that gave no usable state for the window or a part of it."""
    report = encounters.report
    if not report:
        known = "Every object had usable states in the whole window."
        return f"<p>{known if encounters.parameters else 'The file does not say which objects failed.'}</p>"
    rows = [
        (
            one.norad_id,
            one.name,
            "never usable" if one.first_failed_time is None else f"from {_instant(one.first_failed_time)}",
            one.status,
            one.meaning,
        )
        for one in report[:_MOST_FAILED]
    ]
    more = len(report) - len(rows)
    rest = f"<p>and {more:,} more; the Parquet file has them all.</p>" if more else ""
    heads = ["number", "name", "since (UTC)", "status", "meaning"]
    return table(heads, rows, "Failed objects", {3}) + rest


def _instant(value: object) -> str:
    moment = np.datetime64(str(value).removesuffix("Z"), "ms")
    shown_text = str(moment).replace("T", " ")
    return shown_text.removesuffix(".000")
