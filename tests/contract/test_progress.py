"""How far a run is, by its parts and a clock."""

from ringmock.contract.progress import Progress


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_before_the_start_what_is_left_is_what_was_planned() -> None:
    progress = Progress(Clock())
    progress.plan("cases", 10)
    progress.plan("fuzz", 90)
    assert (progress.reached().share, progress.reached().seconds_left) == (0.0, 100.0)


def test_what_is_left_takes_as_long_for_its_weight_as_what_is_done_took() -> None:
    clock = Clock()
    progress = Progress(clock)
    progress.plan("cases", 10)
    progress.plan("fuzz", 30)
    progress.start("cases")
    clock.now = 40.0
    progress.end("cases")
    reached = progress.reached()
    assert (reached.share, reached.seconds_left, reached.running) == (0.25, 120.0, ())


def test_a_part_that_tells_is_believed_and_one_that_does_not_is_judged_by_its_time() -> None:
    clock = Clock()
    progress = Progress(clock)
    progress.plan("cases", 100)
    progress.start("cases")
    clock.now = 50.0
    assert progress.reached().share == 0.5
    progress.report("cases", 0.2)
    assert progress.reached().share == 0.2


def test_a_part_that_takes_too_long_is_not_done() -> None:
    clock = Clock()
    progress = Progress(clock)
    progress.plan("fuzz", 10)
    progress.start("fuzz")
    clock.now = 1000.0
    assert progress.reached().share == 0.95
    assert str(progress.reached()) == "95%, about 53 s left: fuzz"
