"""/bill: a usage file in, the command's own sums out; nothing of it is kept, and no file takes more than its share."""

from __future__ import annotations

import bz2
import csv
import gc
import gzip
import io
import json
import lzma
import os
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import structlog
from pyarrow import parquet
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from structlog.testing import capture_logs
from webtest import TestApp, Upload

from llmpricing.charts import embedding
from llmpricing.charts.figures import minute, money, month_name, near
from llmpricing.charts.renderer import ChartRenderer, ChartsAwayError
from llmpricing.charts.theme import DARK, LIGHT
from llmpricing.services.catalogue.same_model import is_another_tier
from llmpricing.services.decisions.contract_rates import RateValue, add_contract_rates
from llmpricing.services.decisions.reviews_and_pins import Decider
from llmpricing.services.usage_log.audit.one_file import AuditBounds, BeyondBounds
from llmpricing.web.site import bill, bill_shown
from tests.commands import Commands, commands_on
from tests.conftest import running_app
from tests.usage_twins import FOLDER

JSON = {"Accept": "application/json"}
NOT_AT_HOME = {"X-Forwarded-For": "192.0.2.1"}  # sees no contract rates
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
FILES = [
    "litellm-spendlogs.csv",
    "litellm-spendlogs.json",
    "openrouter-activity.csv",
    "langfuse-observations.json",
    "claude-code-session.jsonl",
    "codex-session.jsonl",
    "openai-usage-completions.json",
    "aws-focus.csv",
]


@pytest.fixture(scope="module")
def book_url(full_book_of_module: str) -> str:
    """The bundled lists, and half the price of OpenAI's models by contract."""
    with Session(create_engine(full_book_of_module, poolclass=NullPool)) as session, session.begin():
        by = Decider("ada", datetime.now(UTC), None)
        add_contract_rates(session, by, "openai", "*", [RateValue(discount=Decimal("0.5"))], SINCE)
    return full_book_of_module


@pytest.fixture(scope="module")
def app(book_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestApp]:
    """The application with that book in memory."""
    more = {"llmpricing.bill_max_mib": "8"}
    with running_app(book_url, redis_url, book_dir=tmp_path_factory.mktemp("books"), **more) as app:
        until = time.monotonic() + 60
        while app.get("/api/health/ready", status="*").json["book"] is None:
            assert time.monotonic() < until
            time.sleep(0.05)
        yield app


@pytest.fixture(scope="module")
def commands(book_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Commands:
    """Commands on the same book."""
    return commands_on(tmp_path_factory.mktemp("commands"), book_url, redis_url)


def send(app: TestApp, content: bytes, **more: Any) -> Any:
    return app.post("/bill/audit", {"file": Upload("usage", content)}, **more)


def refused(app: TestApp, content: bytes, status: int = 400) -> str:
    """The message of the error, which names the field and says what to do instead."""
    error = send(app, content, status=status, headers=JSON).json["error"]
    assert error["details"]["field"] == "file"
    assert "llmpricing audit FILE" in error["message"]
    return str(error["message"])


def told(page: Any, name: str) -> str | None:
    found = page.html.find(id=name)
    return found.get_text() if found else None


def spend(model: str = "gpt-4.1-mini", charged: float = 0.0048, **more: Any) -> dict[str, Any]:
    """A record of LiteLLM's: 10,000 tokens in and 500 out cost 10,000 x 0.4 + 500 x 1.6 = 4,800 millionths."""
    usage = {"prompt_tokens": 10_000, "completion_tokens": 500, "total_tokens": 10_500}
    return {
        "request_id": "req-1",
        "call_type": "acompletion",
        "spend": charged,
        "startTime": "2026-11-20T10:00:00Z",
        "model": model,
        "custom_llm_provider": "openai",
        "status": "success",
        "metadata": {"usage_object": usage},
        **more,
    }


def lines(*records: dict[str, Any]) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


@pytest.mark.parametrize("name", FILES)
def test_a_file_as_it_is_gets_the_sums_and_causes_of_the_command(app: TestApp, commands: Commands, name: str) -> None:
    asked = commands.run("audit", str(FOLDER / name), "--by", "model", "--json")
    assert asked.exit_code in (0, 3), asked.output
    right = json.loads(asked.stdout)
    page = send(app, (FOLDER / name).read_bytes())
    assert page.headers["Cache-Control"] == "no-store"
    assert [told(page, one) for one in ("records", "priced")] == [str(right["rows"]), str(right["priced"])]
    assert [told(page, one) for one in ("logged", "recomputed", "difference")] == [
        right[one] and money(Decimal(right[one])) for one in ("logged", "recomputed", "difference")
    ]
    causes = [(row.th.get_text(), row.td.get_text()) for row in page.html.select("#causes tbody tr")]
    assert [amount for _, amount in causes] == [money(Decimal(cause["money"])) for cause in right["causes"]]
    assert all(said.startswith(one["title"]) for (said, _), one in zip(causes, right["causes"], strict=True))
    models = [(row.th.get_text(), row.select("td")[-1].get_text()) for row in page.html.select("#by-model tbody tr")]
    assert models == [
        (one["model"], money(Decimal(one["recomputed"])) if one["recomputed"] else "nothing priced")
        for one in right["by"]
    ]
    assert not [row for row in page.html.select("#causes tbody tr td") if row.get_text().startswith(":")]
    said = page.html.find(id="book").get_text()
    assert f"price book {right['price_book']['book']}, changed" in said
    known = datetime.fromisoformat(right["known_at"])
    assert f"as known at {minute(known)}: llmpricing audit FILE --known-at {known.isoformat()} says the same" in said
    assert "old" in said


def test_packed_it_is_the_same_and_an_example_tells_its_arithmetic(app: TestApp) -> None:
    log = lines(spend())
    for content in (log, gzip.compress(log), pa.compress(log, "zstd", asbytes=True), zipped(log)):
        page = send(app, content)
        assert (told(page, "logged"), told(page, "recomputed")) == ("$0.0048", "$0.0024")
        assert "logged $0.0048, right is $0.0024 = 10,000 input tokens x 0.2" in page.html.find(id="causes").get_text()


def test_its_rows_are_those_that_the_command_writes(app: TestApp, commands: Commands, tmp_path: Path) -> None:
    content, log, out = (
        lines(spend("=cmd()"), spend(request_id="req-2")),
        tmp_path / "log.ndjson",
        tmp_path / "rows.csv",
    )
    log.write_bytes(content)
    commands.run("audit", str(log), "-o", str(out))
    answer = app.post("/bill/rows", {"file": Upload("usage", content)})
    assert answer.content_type == "text/csv"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audited.csv"'
    page, command = ([*csv.DictReader(io.StringIO(text))] for text in (answer.text, out.read_text()))
    steps = [(one.pop("reason"), other.pop("reason")) for one, other in zip(page, command, strict=True)]
    assert page == command
    assert "or who runs this server: llmpricing alias add '=cmd()' OFFERING" in steps[0][0]  # each says its own way
    assert "or for all files: llmpricing alias add '=cmd()' OFFERING" in steps[0][1]
    at_home, away = (answer.text, app.post("/bill/rows", {"file": Upload("u", content)}, headers=NOT_AT_HOME).text)
    assert ("0.0024" in at_home, "0.0024" in away) == (True, False)
    wrong = app.post("/bill/rows", {"file": Upload("usage", b"name,colour\nrose,red\n")}, status=400, headers=JSON)
    assert "no shape that is known" in wrong.json["error"]["message"]


def test_the_report_is_the_page_in_one_file_without_anything_from_elsewhere(app: TestApp) -> None:
    content = (FOLDER / "litellm-spendlogs.csv").read_bytes()
    answer = app.post("/bill/report", {"file": Upload("usage", content)})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="report.html"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.html.select("section") == send(app, content).html.select("section")
    assert not answer.html.select("script, link, img, iframe, [src], form")
    assert not {one for one in ("url(", "@import", "http://", "https://") if one in answer.text}
    assert "@media print" in answer.html.style.get_text()


WRONG = spend("<script>alert(1)</script>", request_id="req-2")


def test_causes_and_months_are_drawn_into_the_page_for_both_screens(app: TestApp) -> None:
    """As pictures that nothing keeps: no style of their own, which the page may not have, and no address."""
    page = send(app, lines(spend(), spend(charged=0.01, request_id="req-3"), WRONG))
    for name, words in (("causes", "charged"), ("months", "At today's prices: $0.0048")):
        figure = page.html.find(id=f"chart-{name}")
        pictures = figure.select("svg[role=img]")
        assert [one.parent["class"] for one in pictures] == [["wide"], ["narrow"]]
        assert float(pictures[1]["width"]) < 0.6 * float(pictures[0]["width"])
        ids = [one["id"] for one in figure.select("[id]")]
        assert len(ids) == len(set(ids)) == 4
        assert all(one["aria-labelledby"].split() == [one.title["id"], one.desc["id"]] for one in pictures)
        assert not figure.select("style, script, [style], [href], [src], [onclick]")
        assert words in " ".join(text.get_text() for text in pictures[0].select("text, desc"))
        assert figure.find_previous("table")["id"] == name  # its facts, which are the answer and come first
    assert "var(--series-" in str(page.html.find(id="chart-causes"))
    style = app.get(page.html.find("link", href=lambda one: "bill.css" in one)["href"]).text
    for name in [one for one in LIGHT if one.startswith(("series", "band"))]:  # the others are the page's own
        assert f"--{name}: {LIGHT[name]};" in style.partition("prefers-color-scheme")[0]
        assert f"--{name}: {DARK[name]};" in style.partition("prefers-color-scheme")[2]


def test_without_vl_convert_or_a_free_place_the_tables_stand_alone_and_say_so(
    app: TestApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def away(_: ChartRenderer, specification: object) -> str:
        asked.append(specification)
        raise ChartsAwayError("others wait already")

    monkeypatch.setattr(ChartRenderer, "draw", away)
    for note in (embedding.NOT_NOW, embedding.NOT_INSTALLED):
        page = send(app, lines(spend(charged=0.01)))
        assert not page.html.select("#chart-causes, #chart-months")
        for name in ("causes", "months"):
            said = page.html.find(id=name).find_parent("section").get_text(" ", strip=True)
            assert note in said
        assert len(asked) == 1  # a page waits for one that fails, not for each
        monkeypatch.setattr(embedding, "can_draw", lambda: False)


def test_the_page_tells_what_each_field_was_taken_for(app: TestApp) -> None:
    page = send(app, (FOLDER / "litellm-spendlogs.csv").read_bytes())
    assert "spend: charged" in {one.get_text() for one in page.html.select("#taken li")}


def test_without_a_book_in_memory_the_database_answers_the_same(app: TestApp, testapp: TestApp) -> None:
    content = (FOLDER / "litellm-spendlogs.csv").read_bytes()
    assert send(testapp, content).html.select("section") == send(app, content).html.select("section")


def test_what_is_coming_and_what_it_costs_elsewhere_are_those_of_the_commands(app: TestApp, commands: Commands) -> None:
    name = "litellm-spendlogs.csv"
    page = send(app, (FOLDER / name).read_bytes())
    coming = json.loads(commands.run("outlook", str(FOLDER / name), "--json").stdout)
    for name_, sum_ in (("today", coming["today"]), ("thirty", coming["thirty_such_days"])):
        assert told(page, name_) == near(Decimal(sum_))
    assert coming["days"] == 1
    assert "usage of this one day, 20 Nov 2026, " in page.html.select_one("#coming").parent.get_text()
    months = [(row.th.get_text(), row.td.get_text()) for row in page.html.select("#months tbody tr")]
    assert months == [(month_name(one["month"]), near(Decimal(one["cost"]))) for one in coming["months"]]
    there = json.loads(commands.run("elsewhere", str(FOLDER / name), "--json").stdout)
    assert (there["costs"], there["compared_with"]) == ([], None)  # embeddings and chat: nobody serves both
    assert page.html.select("#sellers tbody tr")


def test_elsewhere_leads_with_what_compares_and_keeps_the_rest_one_click_away(
    app: TestApp, commands: Commands, tmp_path: Path
) -> None:
    content, log = lines(spend("gpt-4.1")), tmp_path / "log.ndjson"
    log.write_bytes(content)
    page = send(app, content)
    there = json.loads(commands.run("elsewhere", str(log), "--json").stdout)
    assert there["compared_with"] == "openai/gpt-4.1"

    def shown(table: str) -> list[tuple[str, str]]:
        rows = page.html.select(f"#{table} tbody tr")
        return [(row.th.get_text(), row.td.get_text().split()[0]) for row in rows]

    every = [
        (one["offering"], near(Decimal(one["total"])), one["is_comparable"]) for one in there["costs"] if one["total"]
    ]
    alike = [(offering, total) for offering, total, compares in every if compares]
    told_there = commands.run("elsewhere", str(log), "--top", str(bill_shown.SHOWN_ELSEWHERE)).stdout
    rows = [row for row in told_there.partition("that compares with")[2].splitlines() if row.startswith("  USD ")]
    names = [row.partition(": ")[2].replace(", no list says how long its context is", "") for row in rows]
    assert [name.replace(", and", " and") for name in names] == [one for one, _ in shown("comparable")]
    assert any(" more seller" in name for name, _ in shown("comparable"))
    assert {(name.partition(" ")[0], total) for name, total in shown("comparable")} <= set(alike)
    assert [one for one in alike if one[0] == "openai/gpt-4.1"] == [("openai/gpt-4.1", "$0.012")]  # by contract
    assert not {offering for offering, _ in alike} & {"openai/gpt-4.1-nano", "openai/gpt-4o-mini"}  # smaller ones
    assert not [offering for offering, _ in alike if is_another_tier(offering) or "/~" in offering]
    assert shown("offerings") == [(offering, total) for offering, total, _ in every[: bill_shown.SHOWN_OF_ALL]]
    assert page.html.find(id="offerings").find_parent("details") is not None
    said = page.html.find(id="comparable").find_previous("p").get_text()
    assert "with openai/gpt-4.1, where most of the money goes" in said
    assert "lists say of it tools, vision" in said
    lead = commands.run("elsewhere", str(log), "--top", "3").stdout
    assert f": {alike[0][0]}" in lead.partition("All of it at one offering that compares")[2].splitlines()[2]
    assert f": {every[0][0]}" in commands.run("elsewhere", str(log), "--top", "3", "--all").stdout


def test_searches_of_unknown_price_leave_a_low_bound_on_the_page_as_on_the_command_line(
    app: TestApp, commands: Commands, tmp_path: Path
) -> None:
    usage = {"input_tokens": 10_000, "output_tokens": 500, "server_tool_use": {"web_search_requests": 3}}
    message = {"id": "m", "type": "message", "role": "assistant", "model": "claude-haiku-4-5", "usage": usage}
    line = {"type": "assistant", "timestamp": "2026-11-20T10:00:00Z", "requestId": "r", "message": message}
    content, log = lines(line), tmp_path / "session.jsonl"
    log.write_bytes(content)
    page = send(app, content)
    there = json.loads(commands.run("elsewhere", str(log), "--json").stdout)
    bounds = [one for one in there["costs"] if one["code"] == "AT_LEAST" and one["is_comparable"]]
    said = [row.td.get_text(" ", strip=True) for row in page.html.select("#comparable tbody tr")]
    at_least = [one.startswith("at least") for one in said]
    assert at_least == sorted(at_least)
    assert {one for one in said if one.startswith("at least")} <= {
        f"at least {near(Decimal(one['low']))} (+ 3 web searches of unknown price)" for one in bounds
    }
    assert any(at_least)
    assert bounds[0]["total"] is bounds[0]["high"] is None


def test_parquet_has_the_sums_of_the_same_rows_as_json(app: TestApp) -> None:
    at = datetime(2026, 11, 20, 10, tzinfo=UTC)
    rows = [{**spend(charged=0.0048), "request_id": f"req-{n}", "startTime": at} for n in range(3)]
    packed = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(rows), packed)
    page = send(app, gzip.compress(packed.getvalue()))
    assert (told(page, "records"), told(page, "logged"), told(page, "recomputed")) == ("3", "$0.0144", "$0.0072")


def test_contract_rates_count_for_who_may_see_them_alone(app: TestApp) -> None:
    page = send(app, lines(spend()), headers=NOT_AT_HOME)
    assert (told(page, "recomputed"), told(page, "difference")) == ("$0.0048", "$0.00")
    assert told(page, "today") == "$0.0048"
    here = {row.th.get_text(): row.td.get_text() for row in page.html.select("#offerings tbody tr")}
    assert here.get("openai/gpt-4.1-mini", "$0.0048") == "$0.0048"
    assert "contract" not in page.html.main.get_text()
    wrong = send(app, lines(spend(charged=0.0096)), headers=NOT_AT_HOME)  # its example is quoted once more
    assert "right is $0.0048 = 10,000 input tokens x 0.4" in wrong.html.find(id="causes").get_text()
    assert "contract" not in wrong.html.main.get_text()


def test_the_form_needs_no_script_and_is_found(app: TestApp) -> None:
    page = app.get("/bill")
    form = page.html.main.form
    assert (form["action"], form["method"], form["enctype"]) == ("/bill/audit", "post", "multipart/form-data")
    assert not page.html.select("script")
    assert app.get("/sources").html.nav.find("a", href="/bill")
    assert app.get("/bill").html.nav.find("a", href="/bill")["aria-current"] == "page"


def zipped(*contents: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for number, content in enumerate(contents):
            archive.writestr(f"usage-{number}.csv", content)
    return packed.getvalue()


def as_parquet() -> bytes:
    packed = io.BytesIO()
    parquet.write_table(pa.table({"model": ["gpt-4o"]}), packed)
    return packed.getvalue()


def row_of_one_text(length: int, times: int) -> bytes:
    """Parquet of a few bytes that unpacks to a long text so many times."""
    packed, text = io.BytesIO(), "x" * length
    parquet.write_table(
        pa.table({"model": pa.DictionaryArray.from_arrays([0] * times, [text])}), packed, compression="zstd"
    )
    return packed.getvalue()


ZEROS = bytes(33 << 20)
HOSTILE = {
    "empty": (b"", "empty"),
    "packed nothing": (gzip.compress(b""), "empty"),
    "a bomb of gzip": (gzip.compress(ZEROS), "larger than 32 MiB once"),
    "a bomb of zstd": (pa.compress(ZEROS, "zstd", asbytes=True), "larger than 32 MiB once"),
    "a bomb in a bomb": (gzip.compress(gzip.compress(ZEROS)), "packed twice"),
    "a bomb of zip": (zipped(ZEROS), "larger than 32 MiB once"),
    "a zip in a zip": (zipped(zipped(ZEROS)), "archive in an archive"),
    "a zip of two files": (zipped(b"a", b"b"), "The ZIP archive holds 2 files to read: send what is in it by itself"),
    "a zip of many files": (zipped(*[b""] * 1_001), "holds too many files to read"),
    "a zip packed by lzma": (zipped(b"a", method=zipfile.ZIP_LZMA), "send what is in it by itself"),
    "a cut zip": (zipped(b"a" * 999)[:-30], "cannot be unpacked"),
    "a bomb of bzip2": (bz2.compress(ZEROS), "packed by bzip2: unpack it"),
    "a bomb of xz": (gzip.compress(lzma.compress(ZEROS)), "packed by xz: unpack it"),
    "a cut gzip": (gzip.compress(lines(spend()))[:-12], "cannot be unpacked"),
    "a cut zstd": (pa.compress(ZEROS, "zstd", asbytes=True)[:9], "cannot be unpacked"),
    "a damaged gzip": (b"\x1f\x8b" + bytes(99), "cannot be unpacked"),
    "parquet without usage": (as_parquet(), "no shape that is known"),
    "cut parquet": (as_parquet()[:-20], "Parquet file cannot be read"),
    "a bomb of parquet": (row_of_one_text(1 << 16, 100_000), "more than 32 MiB"),
    "parquet of zeros": (b"PAR1" + bytes(1000), "Parquet file cannot be read"),
    "a line of 10 MB": (gzip.compress(b"x" * 10_000_000), "no shape that is known"),
    "JSON with a line of 10 MB": (gzip.compress(b'{"a": "' + b"x" * 10_000_000 + b'"}'), "no shape that is known"),
    "deep JSON": (b"[" * 100_000, "nested too deeply"),
    "deep objects": (gzip.compress(b'{"data":' * 100_000), "nested too deeply"),
    "a million lines": (gzip.compress(b"\n" * 5_000_001), "more than 5,000,000 lines"),
    "a million objects": (gzip.compress(b"[" + b"{}," * 5_000_001), "more than 5,000,000 lines"),
    "a hundred thousand columns": (gzip.compress(b"".join(b"c%d," % n for n in range(99_999)) + b"\n1"), "no shape"),
    "no usage file": (b"name,colour\nrose,red\n", "no shape that is known"),
    "UTF-16": (lines(spend()).decode().encode("utf-16"), "The file is UTF-16: save it as UTF-8. On"),
    "UTF-16 without its mark": ("a,b\n1,2\n".encode("utf-16-le"), "no shape that is known"),
    "Latin-1": (lines(spend()).replace(b"openai", b"op\xe9nai"), "no UTF-8 text: save it as UTF-8"),
    "NUL within JSON": (lines(spend()).replace(b"gpt", b"g\0pt"), "read: Invalid control character. Get it anew"),
    "nothing but NUL": (bytes(999), "no shape that is known"),
    "half a sign": (lines(spend()).replace(b"mini", b"\\ud800"), "what no usage file does"),
    "a number of 5,000 digits": (lines(spend()).replace(b"10000", b"9" * 5_000), "what no usage file does"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\xff", "no UTF-8 text"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_an_error_that_names_the_field_and_the_next_step(app: TestApp, name: str) -> None:
    content, reason = HOSTILE[name]
    message = refused(app, content)
    assert reason in message
    assert not message.startswith("The file: ")
    assert tempfile.gettempdir() not in message


def test_the_error_is_a_page_for_people(app: TestApp) -> None:
    page = send(app, b"name,colour\nrose,red\n", status=400, headers={"Accept": "text/html"})
    assert page.headers["Cache-Control"] == "no-store"
    assert "The parameter at fault: file" in page.html.main.get_text()


def test_without_a_file_or_with_a_large_one_it_is_refused(app: TestApp) -> None:
    answer = app.post("/bill/audit", {"x": "1"}, status=400, headers=JSON)
    assert answer.json["error"]["details"]["field"] == "file"
    app.post("/bill/audit", {"file": "text"}, status=400, headers=JSON)
    app.post("/bill/audit", b"--x", content_type="multipart/form-data", status=400, headers=JSON)
    assert "larger than 8 MiB" in refused(app, bytes((8 << 20) + 4096), 413)
    app.get("/bill/audit", status=405)


def test_of_several_files_none_is_left_out_in_silence(app: TestApp) -> None:
    files = [("file", Upload(f"usage-{number}", lines(spend()))) for number in range(3)]
    error = app.post("/bill/audit", files, status=400, headers=JSON).json["error"]
    assert error["details"]["field"] == "file"
    assert error["message"].startswith("3 files were sent: send one at a time. ")
    assert "llmpricing audit FILE --charged INVOICE" in error["message"]


def test_what_a_file_says_is_shown_as_text(app: TestApp) -> None:
    page = send(app, lines(spend("=cmd|' /C calc'!A0"), spend("<script>alert(1)</script>", request_id="req-2")))
    assert "=cmd|' /C calc'!A0" in {row.th.get_text() for row in page.html.select("#by-model tbody tr")}
    assert "<script>" not in page.text
    long = send(app, lines(spend("m" * 500_000)))
    assert len(long.text) < 20_000


def test_nothing_of_a_file_stays_or_is_logged(
    book_url: str,
    redis_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def failing(*_given: Any, **_more: Any) -> None:
        assert list(tmp_path.iterdir()) == []  # not even while it is read: it has no name
        raise ValueError("the-secret-cell")

    monkeypatch.setattr(bill, "log", structlog.get_logger())  # that none used before: those keep what they wrote to
    with running_app(book_url, redis_url) as app, capture_logs() as logs:
        send(app, lines(spend("the-secret-model")))
        app.post("/bill/rows", {"file": Upload("usage", lines(spend("the-secret-model")))})
        send(app, as_parquet(), status=400)
        refused(app, b"the-secret-column,b\n1,2\n")
        monkeypatch.setattr("llmpricing.services.usage_log.audit.one_file.answer_one_file", failing)
        assert "what no usage file does" in refused(app, lines(spend()))
    assert list(tmp_path.iterdir()) == []
    assert "bill_not_read" in {one["event"] for one in logs}
    assert "the-secret" not in f"{logs}{capsys.readouterr()}"


def test_two_at_once_and_the_third_is_told_to_come_back(app: TestApp) -> None:
    with ExitStack() as held:
        for _ in range(bill.AT_ONCE):
            held.enter_context(bill._place())
        answer = send(app, lines(spend()), status=503, headers=JSON)
        assert answer.headers["Retry-After"] == "5"
        assert "Send yours again" in answer.json["error"]["message"]
    for _ in range(bill.AT_ONCE + 1):  # places are given back, by refused files too
        refused(app, b"")
    send(app, lines(spend()))


def test_records_are_bounded(app: TestApp, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bill.MOST_RECORDS == 100_000
    monkeypatch.setattr(bill, "MOST_RECORDS", 300)
    assert told(send(app, lines(spend()) * 300), "records") == "300"
    assert "more than 300 records" in refused(app, lines(spend()) * 301)


def test_time_is_bounded(app: TestApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bill, "MOST_S", -1.0)
    assert "takes longer than" in refused(app, lines(spend()))


def test_the_bound_of_time_is_looked_at_by_a_clock() -> None:
    seconds = iter([8.0, 8.1])
    bounds = AuditBounds(1, 8.0, 0.0, lambda: next(seconds))
    bounds.check_time()
    with pytest.raises(BeyondBounds, match="longer than 8 s"):
        bounds.check_time()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", b"a=&" * 200_000),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n\r\n" * 5_000 + b"--x--\r\n"),
        ("multipart/form-data; boundary=x", (b"--x\r\n\r\n" + b"n" * 1_100 + b"\r\n") * 800 + b"--x--\r\n"),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n"
            + b"--y\r\n\r\n\r\n" * 5_000
            + b"--y--\r\n--x--\r\n",
        ),
        ("multipart/form-data; boundary=x", b"--x\r\n" + b"Field: more\r\n" * 50_000),
    ],
    ids=["fields", "parts", "large parts", "parts within a part", "headings"],
)
def test_a_form_of_a_great_many_parts_is_refused_before_they_are_kept(testapp: TestApp, kind: str, body: bytes) -> None:
    held = len(os.listdir("/proc/self/fd"))
    answer = testapp.post("/bill/audit", body, content_type=kind, expect_errors=True)
    assert answer.status_int == 400
    assert "Choose the usage file" in answer
    assert len(os.listdir("/proc/self/fd")) < held + 100


def open_files() -> set[str]:
    """What this process holds open of files, unnamed ones too; a socket is another's affair."""
    found = set()
    for number in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):  # that of the listing itself
            found.add(f"{number} {os.readlink(f'/proc/self/fd/{number}')}")
    return {name for name in found if " /" in name}


@pytest.mark.parametrize("path", ["/bill/audit", "/bill/rows"])
@pytest.mark.parametrize("end", [b"\r\n--x--\r\n", b""], ids=["whole", "cut"])
@pytest.mark.parametrize("name", [b'name="file"; filename="u"', b'name="text"', b'name="other"; filename="u"'])
def test_all_files_that_a_large_form_lies_in_are_closed(app: TestApp, path: str, end: bytes, name: bytes) -> None:
    """By name and not when they are collected: an open one left to the collector is a warning, which is an error."""
    body = b"--x\r\nContent-Disposition: form-data; " + name + b"\r\n\r\n" + b"a,b\n" * (1 << 19) + end
    gc.disable()
    try:
        held = open_files()
        app.post(path, body, content_type="multipart/form-data; boundary=x", status=400)
        assert open_files() <= held
    finally:
        gc.enable()
    gc.collect()
