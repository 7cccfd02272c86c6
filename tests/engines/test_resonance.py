"""Tabulated nodes of the resonance integrator, against the integrator that walks from the epoch.

The reference is the pure Python part of python-sgp4, whose integrator returns its node (atime, xli, xni).
"""

from __future__ import annotations

import numpy as np
import pytest
from sgp4.model import Satrec
from sgp4.propagation import _dspace

from gpuprop import Catalog, propagate, propagate_since_epoch
from gpuprop.engines import get_engine
from gpuprop.engines.cpu import history
from gpuprop.engines.cpu.initialize import RESONANT
from gpuprop.engines.cpu.resonance import NODE_XLI, NODE_XNI

# Geostationary, GPS (half a day, but nearly circular: not resonant in this theory), Molniya, and an
# eccentric orbit of one day
TEXT = """\
1 28626U 05008A   06176.46683397 -.00000205  00000-0  10000-3 0  2190
2 28626   0.0019 286.9433 0000335  13.7918  55.6504  1.00270176  4891
1 08195U 75081A   06176.33215444  .00000099  00000-0  11873-3 0   813
2 08195  64.1586 279.0717 6877146 264.7651  20.2257  2.00491383225656
1 09880U 77021A   06176.56157475  .00000421  00000-0  10000-3 0  9814
2 09880  64.5968 349.3786 7069051 270.0229  16.3320  2.00813614112380
1 24208U 96044A   06177.04061740 -.00000094  00000-0  10000-3 0  1600
2 24208   3.8536  80.0121 0026640 311.0977  48.3000  1.00778054 36119
"""
LINES = TEXT.splitlines()


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.read(TEXT)


def _walk(satrec: Satrec, t: float) -> tuple[float, float, float]:
    """Walk the published integrator from the epoch; return its last node: atime, xli, xni."""
    s = satrec
    walked = _dspace(
        s.irez, s.d2201, s.d2211, s.d3210, s.d3222, s.d4410, s.d4422, s.d5220, s.d5232, s.d5421, s.d5433,
        s.dedt, s.del1, s.del2, s.del3, s.didt, s.dmdt, s.dnodt, s.domdt, s.argpo, s.argpdot, t, t, s.gsto,
        s.xfact, s.xlamo, s.no_unkozai, 0.0, s.ecco, s.argpo, s.inclo, s.xli, s.mo, s.xni, s.nodeo,
        s.no_unkozai,
    )  # fmt: skip
    return walked[0], walked[4], walked[6]


def test_nodes_have_the_bits_of_the_published_integrator(catalog: Catalog) -> None:
    names = ["mean_motion", "eccentricity", "inclination", "ra_of_asc_node"]
    names += ["arg_of_pericenter", "mean_anomaly", "bstar"]
    columns = {name: getattr(catalog, name) for name in names}
    model = get_engine("cpu").initialize(epoch_ns=catalog.epoch, **columns, mode="improved")
    group = next(group for group in model.groups if group.kind == RESONANT)
    assert len(group.objects) == 4
    ((_, nodes),) = group.nodes.pieces(np.full(4, -20_000.0), np.full(4, 20_000.0))
    for slot, i in enumerate(group.objects):
        satrec = Satrec.twoline2rv(LINES[2 * i], LINES[2 * i + 1])
        for number in (-27, -2, -1, 0, 1, 2, 27):
            atime, xli, xni = _walk(satrec, 720.0 * number + np.sign(number) * 100.0)
            assert atime == 720.0 * number
            row = nodes.table[nodes.origin[slot] + number]
            assert row[NODE_XNI] == xni
            assert row[NODE_XLI] == xli


def test_order_of_times_does_not_matter(catalog: Catalog) -> None:
    minutes = np.arange(-5000.0, 5001.0, 187.0)
    shuffled = np.random.default_rng(3).permutation(len(minutes))
    straight = propagate_since_epoch(catalog, minutes)
    mixed = propagate_since_epoch(catalog, minutes[shuffled])
    np.testing.assert_array_equal(mixed.r, straight.r[:, shuffled])
    np.testing.assert_array_equal(mixed.v, straight.v[:, shuffled])


def test_states_are_continuous_across_nodes(catalog: Catalog) -> None:
    for node in (-1440.0, -720.0, 720.0, 1440.0, 14_400.0):
        minutes = node + np.array([-1e-7, 0.0, 1e-7])
        r = propagate_since_epoch(catalog, minutes).r
        before, after = np.linalg.norm(np.diff(r, axis=1), axis=2).T
        # 1e-7 minutes are centimetres of travel; the integrator's own steps do not quite join
        assert np.abs(before - after).max() < 1e-6


def test_nodes_that_do_not_fit_into_memory_give_the_same_states(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = np.datetime64("2006-06-20") + np.arange(40) * np.timedelta64(12, "h")
    whole = propagate(catalog, times)
    monkeypatch.setattr(history, "_MAX_NODES", 50)
    pieces = propagate(catalog, times)
    np.testing.assert_array_equal(pieces.r, whole.r)
    np.testing.assert_array_equal(pieces.v, whole.v)
