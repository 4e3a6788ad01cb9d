import pytest

from ringmock.domain.consent import opts_out


@pytest.mark.parametrize("text", ["STOP", "stop", " Stop\n"])
def test_stop_opts_out_in_any_case(text: str) -> None:
    assert opts_out(text) is True


@pytest.mark.parametrize("text", ["START", "start", " Start\n"])
def test_start_opts_in_again(text: str) -> None:
    assert opts_out(text) is False


@pytest.mark.parametrize("text", ["", "Please stop", "STOP it", "STOP.", "RESTART", "STOP" * 100])
def test_any_other_text_says_nothing_about_it(text: str) -> None:
    assert opts_out(text) is None
