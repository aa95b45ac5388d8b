"""What libraries log comes out in the format that was asked for."""

from __future__ import annotations

import json
import subprocess
import sys

PROGRAM = """
import logging, sys
from llmpricing.log import configure
configure(sys.argv[1])
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("waitress").exception("Exception while serving %s", "/")
"""


def said(log_format: str) -> str:
    command = [sys.executable, "-c", PROGRAM, log_format]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr


def test_a_librarys_traceback_is_one_line_of_json_where_json_is_asked_for() -> None:
    (line,) = said("json").splitlines()
    event = json.loads(line)
    assert event["event"] == "Exception while serving /"
    assert (event["logger"], event["level"]) == ("waitress", "error")
    assert event["timestamp"].endswith("Z")
    assert "ZeroDivisionError: division by zero" in event["exception"]


def test_a_librarys_traceback_is_readable_text_where_text_is_asked_for() -> None:
    first, *rest = said("text").splitlines()
    assert "Exception while serving /" in first
    assert "waitress" in first
    assert rest[-1] == "ZeroDivisionError: division by zero"
