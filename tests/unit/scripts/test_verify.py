"""The checklist of `llmpricing verify` stands by itself: what is logged meanwhile is told behind it, if at all."""

from __future__ import annotations

import pytest

from llmpricing import log
from llmpricing.scripts.commands.verify import Checklist, told_behind


def checked(passed: bool) -> None:
    checklist = Checklist()
    with told_behind(checklist):
        print("request_ended status=200", file=log._out)
        checklist.line("A line", passed, "0.1 s")


def failing() -> None:
    with told_behind(Checklist()):
        print("engine_failed", file=log._out)
        raise ZeroDivisionError


def test_what_is_logged_meanwhile_is_kept_out_of_a_checklist_that_holds(capsys: pytest.CaptureFixture[str]) -> None:
    checked(passed=True)
    found = capsys.readouterr()
    assert ("A line: 0.1 s" in found.out, found.err) == (True, "")


def test_what_is_logged_meanwhile_is_told_behind_a_line_that_was_missed(capsys: pytest.CaptureFixture[str]) -> None:
    checked(passed=False)
    assert "What the application logged meanwhile:\nrequest_ended status=200" in capsys.readouterr().err


def test_what_was_logged_until_it_failed_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError):
        failing()
    assert "engine_failed" in capsys.readouterr().err
