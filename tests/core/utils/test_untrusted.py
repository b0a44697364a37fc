"""What comes from elsewhere: names, TOML, text for a terminal, work that never ends."""

import re
import signal
import threading
import time

import pytest

from phycharm.data.datasets.matching import matched, require_names
from phycharm.errors import InputError
from phycharm.utils.untrusted.file_names import name_problem
from phycharm.utils.untrusted.printable import printable, say
from phycharm.utils.untrusted.time_limit import time_limit
from phycharm.utils.untrusted.toml_text import read_toml


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", " ", "a/b", "a\\b", "/etc", "a\n", "a\x00", "\x1b[31m", "\udcff", "x" * 101],
)
def test_names_that_are_no_part_of_a_file_name(name):
    assert name_problem(name)


@pytest.mark.parametrize("name", ["GE", "Siemens 3T", "Zürich", "三", "<b>", "a.b", "..a", "$(x)"])
def test_names_that_are(name):
    assert name_problem(name) == ""


def test_names_of_rules_are_checked_with_their_image(tmp_path):
    require_names(tmp_path, person="01", scanner="")
    with pytest.raises(InputError, match=r"x\.nii: the name of its scanner would be '\.\./GE'"):
        require_names(tmp_path / "x.nii", person="01", scanner="../GE")


def test_spaces_and_letters_of_any_language_are_shown():
    text = "p < .05, 3 mm, Nyúl − ±\tx\n"
    assert printable(text) == text


def test_lines_stay_lines_only_where_they_may():
    assert printable("a\nb") == "a\nb"
    assert printable("a\r\nb", kept="") == "a\\r\\nb"


def test_say(capsys):
    say("a\x1b[31m")
    assert capsys.readouterr().out == "a\\x1b[31m\n"


class TestEndlessPatterns:
    ENDLESS = "(?:a+)+b"

    @pytest.fixture(autouse=True)
    @staticmethod
    def _soon(monkeypatch):
        monkeypatch.setattr("phycharm.data.datasets.matching._LONGEST_S", 0.1)

    def test_are_broken_off(self):
        start = time.monotonic()
        with pytest.raises(InputError, match="takes for ever") as error:
            matched(self.ENDLESS, "a" * 60)
        assert time.monotonic() - start < 5
        assert "\n" not in str(error.value)

    def test_others_are_not(self):
        assert matched(self.ENDLESS, "aab")
        assert matched(self.ENDLESS, "x") is None

    def test_what_was_waited_for_before_is_waited_for_again(self):
        def handler(*_):
            """Never called."""

        before = signal.signal(signal.SIGALRM, handler)
        try:
            matched("a", "a")
            assert signal.getsignal(signal.SIGALRM) is handler
            assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
        finally:
            signal.signal(signal.SIGALRM, before)

    def test_other_threads_have_no_limit(self):
        found = []
        thread = threading.Thread(target=lambda: found.append(matched("a", "a")))
        thread.start()
        thread.join()
        assert isinstance(found[0], re.Match)

    def test_the_block_is_left_by_its_own_error(self):
        with pytest.raises(ZeroDivisionError), time_limit(5):
            raise ZeroDivisionError


@pytest.mark.parametrize("text", ["a = " + "[" * 9000, "a = 1" + "0" * 5000, "a = ", "\x00"])
def test_toml_that_is_none(text):
    with pytest.raises(InputError, match=r"mine\.toml: not valid TOML") as error:
        read_toml(text, place="mine.toml")
    assert "\n" not in str(error.value)
