"""/bill: what a usage file is wrong by, what is coming, what it costs elsewhere; nothing of it is kept or logged."""

from __future__ import annotations

import shlex
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryFile
from threading import BoundedSemaphore
from time import monotonic
from typing import IO, TYPE_CHECKING, Any, BinaryIO, TypeVar, cast

import structlog
from pyramid.request import Request
from pyramid.response import FileIter, Response

from llmpricing.domain.usage.wording import Parameter, in_python, in_words
from llmpricing.unnamed_files import unnamed_file
from llmpricing.web.conditional import kept_page
from llmpricing.web.errors import Refused, invalid
from llmpricing.web.forms import form_items
from llmpricing.web.json_body import LARGE_BODIES
from llmpricing.web.parameters import read_parameters
from llmpricing.web.site import display
from llmpricing.web.site.bill_shown import bill_shown

if TYPE_CHECKING:
    from llmpricing.services.usage_log.audit.one_file import AuditBounds, FileAnswers

FIELD = "file"
PATH, ROWS_PATH, REPORT_PATH = "/bill/audit", "/bill/rows", "/bill/report"
_STYLES = ("base.css", "model.css", "value.css", "bill.css")
_STATIC = Path(__file__).parents[1] / "static"
MOST_RECORDS = 100_000
MOST_S = 20.0
AT_ONCE = 2  # files of one process
FORM_BYTES = 4096  # what a form puts around the file
UNPACKED = 4  # times as large as it may be sent
_AUDIT = "llmpricing audit FILE"
_BY_COMMAND = f"On the command line: {_AUDIT}"
_SEVERAL = (
    f"Several as one log, on the command line: {_AUDIT} FILE; a log beside its invoice: {_AUDIT} --charged INVOICE"
)
_OPTIONS = {"shape": "--format", "columns_map": "--columns", "columns.ignored": "--ignore-column"} | {
    name: f"--{name}" for name in ("region", "tier", "provider")
}
Answer = TypeVar("Answer")
_places = BoundedSemaphore(AT_ONCE)
log = structlog.get_logger()


def show(request: Request) -> Any:
    """The page with its form."""
    read_parameters(request, {})
    return kept_page(request, _most_mib(request)) or _page(request, None)


def show_audit(request: Request) -> dict[str, Any]:
    """The page with the answers about the file that is sent along."""
    request.response.headers["Cache-Control"] = "no-store"
    read_parameters(request, {})
    with _place(), _sent(request) as file:
        return _page(request, _of(request, file, _answers_of))


def show_report(request: Request) -> dict[str, Any]:
    """The answers about the file that is sent along as one page to keep, complete in itself."""
    request.response.headers["Cache-Control"] = "no-store"
    read_parameters(request, {})
    with _place(), _sent(request) as file:
        page = _page(request, _of(request, file, _answers_of))
    request.response.headers["Content-Disposition"] = 'attachment; filename="report.html"'
    return page | {"styles": _styles(), "made": display.minute(datetime.now(UTC))}


@lru_cache
def _styles() -> str:
    return "\n".join((_STATIC / name).read_text("utf-8") for name in _STYLES)


def show_rows(request: Request) -> Response:
    """Each record of the file that is sent along with both figures and its causes, as CSV."""
    read_parameters(request, {})
    with _place(), _sent(request) as file:
        rows = _of(request, file, _rows_of)
    response = Response(app_iter=FileIter(rows), content_type="text/csv", charset="utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="audited.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


def take_large_files(registry: Any) -> None:
    """Let the form's path take files as large as the setting says."""
    most = (registry.settings["llmpricing"].bill_max_mib << 20) + FORM_BYTES
    registry.setdefault(LARGE_BODIES, {}).update(dict.fromkeys((PATH, ROWS_PATH, REPORT_PATH), most))


def _most_mib(request: Request) -> int:
    return int(request.registry.settings["llmpricing"].bill_max_mib)


def _page(request: Request, found: FileAnswers | None) -> dict[str, Any]:
    page = {"show": display, "found": found, "most_records": MOST_RECORDS, "most_mib": _most_mib(request)}
    return page | bill_shown(request, found, datetime.now(UTC)) if found else page


@contextmanager
def _place() -> Iterator[None]:
    """Hold one of the places for files; raises the 503 where none is free."""
    if not _places.acquire(blocking=False):
        raise Refused(503, "UNAVAILABLE", f"{AT_ONCE} files are being read. Send yours again in a few seconds.")
    try:
        yield
    finally:
        _places.release()


@contextmanager
def _sent(request: Request) -> Iterator[IO[bytes]]:
    """The file in the form, gone afterwards; raises the 400 that names its field, 413 for a large one."""
    if (request.content_length or 0) > request.most_body_bytes:
        message = f"The file is larger than {_most_mib(request)} MiB: pack it by gzip. {_BY_COMMAND}"
        raise Refused(413, "BODY_TOO_LARGE", message, field=FIELD)
    try:
        fields = form_items(request) if request.content_type == "multipart/form-data" else []
    except (ValueError, UnicodeError):  # a form that is none
        fields = []
    with ExitStack() as closing:
        sent = [(name, closing.enter_context(part.file)) for name, part in fields if hasattr(part, "file")]
        files = [file for name, file in sent if name == FIELD]
        if len(files) > 1:
            raise invalid(FIELD, f"{len(files)} files were sent: send one at a time. {_SEVERAL}")
        if not files:
            raise invalid(FIELD, f"Choose the usage file of one tool. {_BY_COMMAND}")
        yield files[0]


def _of(request: Request, sent: IO[bytes], ask: Callable[[Request, Path, AuditBounds], Answer]) -> Answer:
    """What is asked about what was sent; raises the 400 that says what is wrong with it and what to do."""
    try:
        from llmpricing.services.usage_log.audit.one_file import AuditBounds
        from llmpricing.services.usage_log.columns import LogError
        from llmpricing.services.usage_log.formats.sent import unpack_sent
    except ModuleNotFoundError:
        message = "This server cannot read usage files. Whoever runs it: pip install 'llmpricing[bulk]'"
        raise Refused(501, "NOT_IMPLEMENTED", message) from None
    bounds = AuditBounds(MOST_RECORDS, MOST_S, monotonic())
    with unnamed_file() as (file, path):
        try:
            unpack_sent(sent, file, _most_mib(request) * UNPACKED << 20)
            return ask(request, path, bounds)
        except LogError as error:
            traceback.clear_frames(error.__traceback__)  # who reads the file closes it now, not when it is collected
            told = in_words(error, by_command).removeprefix(f"{path}: ").replace(str(path), "The file")
            raise invalid(FIELD, told if _AUDIT in told else f"{told} {_BY_COMMAND}") from None
        except (ArithmeticError, LookupError, MemoryError, RecursionError, TypeError, ValueError) as error:
            _tell(error)
            traceback.clear_frames(error.__traceback__)
            raise invalid(FIELD, f"The file holds what no usage file does. {_BY_COMMAND}") from None


def by_command(parameter: Parameter) -> str | None:
    """The command that takes what the page has no field for."""
    name, values = parameter
    if name in ("own_name", "meant"):
        own_name, offering = values
        alias = in_python(Parameter("own_name", (own_name, offering)))
        return f"{_AUDIT} --map {shlex.quote(f'{own_name}={offering}')}, or who runs this server: {alias}"
    if name == "exchange":
        return f"who runs this server: llmpricing exchange add {values[0]} USD_PER_{values[0]}"
    if name in ("lists", "pin"):
        return f"who runs this server: {in_python(parameter)}"
    option = _OPTIONS.get(name)
    return option and " ".join([_AUDIT, *(f"{option} {shlex.quote(value)}" for value in parameter.values or ("NAME",))])


def _answers_of(request: Request, path: Path, bounds: AuditBounds) -> FileAnswers:
    from llmpricing.services.usage_log.audit.one_file import answer_one_file

    rates = request.caller.sees_rates
    return answer_one_file(request.reads, path, datetime.now(UTC), bounds, with_rates=rates, words=by_command)


def _rows_of(request: Request, path: Path, bounds: AuditBounds) -> IO[bytes]:
    """The rows, in a file that goes when it is closed."""
    from llmpricing.services.usage_log.audit.one_file import write_audited_rows

    rates = request.caller.sees_rates
    with ExitStack() as closing:
        rows = cast(BinaryIO, closing.enter_context(TemporaryFile()))
        write_audited_rows(request.reads, path, rows, datetime.now(UTC), bounds, with_rates=rates, words=by_command)
        rows.seek(0)
        closing.pop_all()  # whoever sends it closes it
    return rows


def _tell(error: Exception) -> None:
    """Log where reading failed; the error's own words may hold what the file does."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    log.error("bill_not_read", kind=type(error).__name__, where=f"{Path(place.filename).name}:{place.lineno}")
