from __future__ import annotations

import pytest

import gpuprop
from gpuprop.cli import main
from gpuprop.engines.cpu import drivers, refine, samples, search, sieve
from gpuprop.errors import EngineUnavailable

COMPILED = [
    drivers.over_times,
    drivers.over_objects,
    drivers.positions_by_time,
    drivers.requests,
    sieve.sieve_steps,
    search.run_tasks,
    samples.insides,
    refine.begin_crossings,
]


def test_after_it_everything_is_compiled(capsys: pytest.CaptureFixture[str]) -> None:
    gpuprop.set_num_threads(1)  # in this process, where it can be seen
    try:
        with pytest.raises(SystemExit) as leaving:
            main(["warmup", "--engine", "cpu"])
    finally:
        gpuprop.set_num_threads(None)
    assert leaving.value.code == 0
    assert capsys.readouterr().out.startswith("ready, after ")
    assert all(function.signatures for function in COMPILED)


def test_an_engine_that_cannot_run_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from gpuprop.engines.cuda import probe

    monkeypatch.setattr(probe, "find", lambda: probe.Finding(None, "there is no GPU in this test"))
    with pytest.raises(EngineUnavailable, match="no GPU in this test"):
        gpuprop.warmup(engine="cuda")
