"""Jobs side by side: their results come to one reader, and an end of one is an end of all."""

import threading
from collections.abc import Iterator

import pytest

from ringmock.contract.side_by_side import Stop, side_by_side


def test_what_several_jobs_give_comes_to_one_reader() -> None:
    jobs = [lambda: iter([1, 2]), lambda: iter([3]), lambda: iter([])]
    assert sorted(side_by_side(jobs, Stop())) == [1, 2, 3]


def test_two_jobs_run_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=10)

    def job() -> Iterator[int]:
        yield both.wait()

    assert sorted(side_by_side([job, job], Stop())) == [0, 1]


def test_what_one_raises_is_raised_and_ends_the_others() -> None:
    stop, goes_on = Stop(), threading.Event()

    def endless() -> Iterator[int]:
        while not stop.is_set:
            goes_on.wait(0.01)
            yield 1

    def broken() -> Iterator[int]:
        raise ValueError("broken")
        yield 2

    with pytest.raises(ValueError, match="broken"):
        list(side_by_side([endless, broken], stop))
    assert stop.is_set


def test_a_single_job_runs_in_the_thread_of_its_reader() -> None:
    assert list(side_by_side([lambda: iter([threading.current_thread()])], Stop())) == [threading.current_thread()]


def test_the_end_of_a_part_ends_no_other_and_the_end_of_all_ends_it() -> None:
    outer = Stop()
    first, second = outer.within(), outer.within()
    first.set()
    assert (first.is_set, second.is_set, outer.is_set) == (True, False, False)
    outer.set()
    assert second.is_set
    assert outer.within().is_set


class Process:
    """Can be killed."""

    def __init__(self) -> None:
        self.is_killed = False

    def kill(self) -> None:
        self.is_killed = True


def test_a_stop_kills_what_was_started_before_and_after_it() -> None:
    stop, before, after = Stop(), Process(), Process()
    stop.add(before)
    assert not before.is_killed
    stop.set()
    stop.add(after)
    assert before.is_killed
    assert after.is_killed
