"""Number of threads, and blocks spread over them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from gpuprop import get_num_threads, set_num_threads
from gpuprop.errors import InputError
from gpuprop.threads import map_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def default(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("GPUPROP_NUM_THREADS", raising=False)
    set_num_threads(None)
    yield
    set_num_threads(None)


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system knows no CPU affinity")
def test_default_is_the_cpus_this_process_may_use() -> None:
    allowed = os.sched_getaffinity(0)
    assert get_num_threads() == len(allowed)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert get_num_threads() == 1
    finally:
        os.sched_setaffinity(0, allowed)


def test_what_is_set_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPUPROP_NUM_THREADS", " 3 ")
    assert get_num_threads() == 3
    set_num_threads(5)
    assert get_num_threads() == 5
    set_num_threads(None)
    assert get_num_threads() == 3


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5", "²"])
def test_an_unfit_environment_variable_is_named(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("GPUPROP_NUM_THREADS", text)
    with pytest.raises(InputError, match="GPUPROP_NUM_THREADS"):
        get_num_threads()


@pytest.mark.parametrize("count", [0, -2, 1.0, "2", True])
def test_an_unfit_count_is_refused(count: object) -> None:
    with pytest.raises(InputError, match="count is"):
        set_num_threads(count)  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize("count", [1, 4])
def test_results_keep_the_order_of_the_blocks(count: int) -> None:
    set_num_threads(count)
    assert map_blocks(lambda block: block * block, range(50)) == [i * i for i in range(50)]
    assert map_blocks(str, []) == []


def test_blocks_run_side_by_side() -> None:
    set_num_threads(2)
    both = threading.Barrier(2, timeout=10.0)
    map_blocks(lambda _: both.wait(), range(2))


@pytest.mark.parametrize("count", [1, 3])
def test_an_error_in_a_block_is_raised(count: int) -> None:
    set_num_threads(count)

    def fail(block: int) -> None:
        if block == 7:
            raise InputError("block 7")

    with pytest.raises(InputError, match="block 7"):
        map_blocks(fail, range(20))


@pytest.mark.parametrize(("count", "workers"), [(4, 2), (2, 1)])
def test_blocks_share_the_threads_for_what_they_spread_themselves(count: int, workers: int) -> None:
    set_num_threads(count)

    def spread(_: int) -> int:
        both = threading.Barrier(workers, timeout=10.0)

        def wait(_: int) -> int:
            both.wait()
            return threading.get_ident()

        return len(set(map_blocks(wait, range(2))))

    assert map_blocks(spread, range(2)) == [workers, workers]


def test_threads_stand_by_and_serve_again_after_an_error() -> None:
    set_num_threads(2)

    def who(block: int) -> int:
        if block > 9:
            raise InputError("block 10")
        return threading.get_ident()

    before = set(map_blocks(who, range(10)))
    with pytest.raises(InputError, match="block 10"):
        map_blocks(who, range(20))
    assert set(map_blocks(who, range(10))) | before <= {thread.ident for thread in threading.enumerate()}


def test_nobody_waits_for_threads_that_wait_for_it() -> None:
    set_num_threads(2)
    held, asked = threading.Lock(), threading.Event()

    def ask(_: int) -> None:
        asked.set()
        assert held.acquire(timeout=30.0)
        held.release()

    with held:
        other = threading.Thread(target=map_blocks, args=(ask, range(4)))
        other.start()
        assert asked.wait(timeout=10.0)
        assert map_blocks(abs, [-1, -2, -3]) == [1, 2, 3]
    other.join(timeout=30.0)
    assert not other.is_alive()


IN_A_CHILD = """
import os
from gpuprop.threads import map_blocks, set_num_threads
set_num_threads(2)
map_blocks(abs, range(4))
child = os.fork()
if child == 0:
    os._exit(0 if map_blocks(abs, [-1, 2]) == [1, 2] else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_has_threads_of_its_own() -> None:
    ran = subprocess.run([sys.executable, "-c", IN_A_CHILD], capture_output=True, text=True, timeout=60)
    assert ran.stdout == "0\n", ran.stderr
