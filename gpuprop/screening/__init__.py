"""Screening: which objects come closer than a threshold, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from gpuprop.screening.job import Job
from gpuprop.screening.mixed import with_placeholders
from gpuprop.screening.selection import Selection
from gpuprop.timescale import instant_ns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from gpuprop.catalog import Catalog
    from gpuprop.encounter_table import Encounters
    from gpuprop.ephemeris import Ephemeris
    from gpuprop.screening.volumes import Volume

__all__ = ["screen"]


def screen(
    catalog: Catalog,
    start: Any,
    stop: Any,
    *,
    threshold_km: float = 5.0,
    primaries: npt.ArrayLike | Catalog | None = None,
    secondaries: npt.ArrayLike | Catalog | None = None,
    exclude: str | Sequence[str] = (),
    exclude_pairs: npt.ArrayLike | None = None,
    exclude_groups: npt.ArrayLike | None = None,
    volume: Volume | Mapping[Any, Volume] | None = None,
    ephemerides: Sequence[Ephemeris] = (),
    engine: Literal["auto", "cpu", "cuda"] = "auto",
    mode: Literal["afspc", "improved"] = "afspc",
    step_s: float | None = None,
    max_memory: int | str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Encounters:
    """Find every encounter of all objects of a catalog with all others, or of some with others.

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
    primaries : array_like of int or bool, or Catalog, optional
        Look only at pairs with one of these objects: catalog numbers, a mask of shape (n,), or another
        catalog whose element sets are added to those of `catalog`. Everybody if left out.
    secondaries : array_like of int or bool, or Catalog, optional
        What the primaries are compared with, given likewise; everybody, the other primaries included, if
        left out. So ``screen(catalog, ..., primaries=candidates, secondaries=catalog)`` compares candidate
        orbits with the catalog and not among each other. An element set of another catalog that `catalog`
        has too, in all its numbers, is the same object and not compared with itself. One with the number of
        another object but other elements is an object of its own; ``"same-id"`` leaves such pairs out.
    exclude : str or sequence of str, optional
        Pairs to leave out: ``"constellation"``, payloads whose names are alike before any number
        (``STARLINK``); ``"launch"``, objects of one launch by their international designator;
        ``"same-id"``, element sets with one catalog number; ``"docked"``, pairs that are within the threshold
        from the first to the last instant of the window.
    exclude_pairs : array_like of int, shape (m, 2), optional
        Pairs of catalog numbers to leave out.
    exclude_groups : array_like of str or int, shape (n,), optional
        A label for each object of `catalog`: pairs with the same one are left out. An empty text or a
        negative number is no label.
    volume : Volume, or mapping of str or int to Volume, optional
        In place of `threshold_km`: a box or an ellipsoid in the RIC frame of an object, one for all, by orbit
        class, or by catalog number; the key ``"default"`` is for the rest. An encounter is a maximal interval
        in which one object is inside the volume of the other: of a primary, where there are primaries, and
        of either object where there are none. TCA is where the distance is least within that interval.
    ephemerides : sequence of Ephemeris
        Objects that are given by ephemerides, from `gpuprop.read_ephemerides`: each is one more object behind
        those of `catalog`, also for masks and labels, and is screened within its span. An encounter that a
        span ends, as at a manoeuvre, is "cut by error" and goes on as one of the next segment; the
        ``report`` names the spans. Ages count from the start of the span. ``exclude="same-id"`` leaves out
        pairs with an element set of the same object. On the CPU only.
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
        are listed in its ``report``. The rows are those of the screening of everybody against everybody for
        which the selection holds, to the last bit. How many took part and how many pairs each rule left
        out is in ``parameters``: ``primaries``, ``secondaries``, ``left_out_pairs`` (by rule; a pair may fall
        under several) and ``left_out_docked`` (encounters).

    Raises
    ------
    InputError
        If the window is empty or reversed, an object is not in the catalog, or an argument cannot be used.
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
    if ephemerides:
        catalog = with_placeholders(catalog, ephemerides)
        engine = "cpu" if engine == "auto" else engine
    selection = Selection.of(
        catalog,
        primaries=primaries,
        secondaries=secondaries,
        exclude=exclude,
        exclude_pairs=exclude_pairs,
        exclude_groups=exclude_groups,
    )
    job = Job(
        catalog,
        instant_ns(start, name="start"),
        instant_ns(stop, name="stop"),
        threshold_km=threshold_km,
        engine=engine,
        mode=mode,
        step_s=step_s,
        max_memory=max_memory,
        selection=selection,
        volume=volume,
        ephemerides=ephemerides,
    )
    return job.run(progress)
