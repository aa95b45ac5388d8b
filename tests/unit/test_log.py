"""What libraries log comes out in the format that was asked for."""

from __future__ import annotations

import json
import subprocess
import sys

PROGRAM = """
import logging, sys, warnings
from llmpricing.log import configure
logging.basicConfig()  # as pserve does before it loads the application
configure(sys.argv[1])
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("waitress").exception("Exception while serving %s", "/")
"""

PROGRAM_THAT_WARNS = (
    PROGRAM.partition("try:")[0]
    + """
warnings.warn("old", DeprecationWarning)
logging.getLogger("waitress.queue").warning("Task queue depth is %d", 3)
"""
)


def said(log_format: str, program: str = PROGRAM) -> str:
    command = [sys.executable, "-W", "always", "-c", program, log_format]
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


def test_all_that_libraries_and_python_say_is_json_though_pserve_set_up_logging_before() -> None:
    events = [json.loads(line) for line in said("json", PROGRAM_THAT_WARNS).splitlines()]
    assert [event["logger"] for event in events] == ["py.warnings", "waitress.queue"]
    assert events[1]["event"] == "Task queue depth is 3"


PROGRAM_OF_EVENTS = """
import sys
from decimal import Decimal
import structlog
from llmpricing.log import configure
configure(sys.argv[1])
log = structlog.get_logger()
log.info("plain", number=1, text='"\\n', none=None, amount=0.1)
log.info("beyond", word="\\u2028\\u00e9", half="\\ud800", amount=Decimal("1.50"), big=2**70, kind=ValueError("no"))
"""


def test_an_event_is_one_line_of_ascii_whatever_is_in_it() -> None:
    said_in_bytes = said("json", PROGRAM_OF_EVENTS)
    assert said_in_bytes.isascii()
    plain, beyond = map(json.loads, said_in_bytes.splitlines())
    assert (plain["event"], plain["level"], plain["timestamp"][-1]) == ("plain", "info", "Z")
    assert (plain["number"], plain["text"], plain["none"], plain["amount"]) == (1, '"\n', None, 0.1)
    assert (beyond["word"], beyond["half"], beyond["big"]) == ("\u2028\u00e9", "\ud800", 2**70)
    assert "1.50" in beyond["amount"]
    assert "no" in beyond["kind"]


PROGRAM_WHOSE_CALLER_TAKES_ITS_OUTPUT_AWAY = """
import io, logging, sys
import structlog
from llmpricing.log import configure
log, own = structlog.get_logger("llmpricing"), sys.stderr
sys.stderr = io.StringIO()  # as a runner of commands within one process does
configure("json")
log.info("before")
sys.stderr.close()
sys.stderr = own
log.info("after")
logging.getLogger("waitress").warning("library")
"""


def test_what_writes_on_after_its_caller_took_its_output_away_is_heard() -> None:
    events = [json.loads(line) for line in said("json", PROGRAM_WHOSE_CALLER_TAKES_ITS_OUTPUT_AWAY).splitlines()]
    assert [event["event"] for event in events] == ["after", "library"]
