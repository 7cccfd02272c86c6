"""All-against-all screening: which objects come closer than a threshold, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from gpuprop.screening.job import Job
from gpuprop.timescale import instant_ns

if TYPE_CHECKING:
    from collections.abc import Callable

    from gpuprop.catalog import Catalog
    from gpuprop.encounter_table import Encounters

__all__ = ["screen"]


def screen(
    catalog: Catalog,
    start: Any,
    stop: Any,
    *,
    threshold_km: float = 5.0,
    engine: Literal["auto", "cpu", "cuda"] = "auto",
    mode: Literal["afspc", "improved"] = "afspc",
    step_s: float | None = None,
    max_memory: int | str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Encounters:
    """Find every encounter of all objects of a catalog with all others.

    A coarse stage proves, step by step, which pairs cannot come within the threshold; what is
    left is refined from the elements in float64. The result does not depend on the step, on
    the order of the catalog, or on how the work is cut up. It is complete for the paths that
    SGP4 gives; how well those are followed by the objects is another matter, of kilometres.

    Parameters
    ----------
    catalog : Catalog
        The element sets.
    start, stop : time
        Window: datetime64, datetime, ISO string or (jd, fr) pair, UTC.
    threshold_km : float
        Encounters closer than this are reported, km; at most 1000.
    engine : {"auto", "cpu", "cuda"}
        What to compute with.
    mode : {"afspc", "improved"}
        SGP4's operation mode.
    step_s : float, optional
        Step of the coarse stage, 1 to 300 s; chosen by cost if left out. Changes nothing but the time taken.
    max_memory : int or str, optional
        What positions and working memory may take, like ``"2GB"``; 1 GiB if left out.
    progress : callable, optional
        Called with the number of steps done and of all steps.

    Returns
    -------
    Encounters
        One row per encounter, sorted by TCA; objects that failed before or during the window
        are listed in its ``report``.

    Raises
    ------
    InputError
        If the window is empty or reversed, or a number cannot be used.
    EngineUnavailable
        If the engine asked for cannot run here.

    Examples
    --------
    >>> import gpuprop
    >>> stations = gpuprop.Catalog.sample().select(ids=[25544, 48274, 49044])
    >>> encounters = gpuprop.screen(stations, "2024-11-01T00:00Z", "2024-11-01T03:00Z", threshold_km=10)
    >>> encounters.norad_id_1.tolist(), encounters.norad_id_2.tolist(), encounters.kind.tolist()
    ([25544], [49044], ['co-orbital'])
    """
    job = Job(
        catalog,
        instant_ns(start, name="start"),
        instant_ns(stop, name="stop"),
        threshold_km=threshold_km,
        engine=engine,
        mode=mode,
        step_s=step_s,
        max_memory=max_memory,
    )
    return job.run(progress)
