"""`llmpricing import`: read price lists from their own addresses, another address, a file or standard input."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from llmpricing.domain.money import to_text
from llmpricing.scripts.asked_database import failures_told, open_book
from llmpricing.scripts.commands.import_undo import BESIDE
from llmpricing.scripts.failed_lists import failure_kept
from llmpricing.scripts.failures import with_retries
from llmpricing.scripts.ini import ini_settings
from llmpricing.scripts.list_files import list_in_file
from llmpricing.scripts.options import ini_option, instant, json_option
from llmpricing.scripts.progress import progress_bar
from llmpricing.scripts.terminal import say, say_json
from llmpricing.services.decisions.review_queue import Waiting, held_of
from llmpricing.services.imports.fetches import ReadList, last_answer
from llmpricing.services.imports.importing import ImportSummary, import_lists
from llmpricing.services.imports.kept_lists import is_kept
from llmpricing.services.imports.running import shown_as_running
from llmpricing.settings import Settings
from llmpricing.sources.declaration import SourceInfo
from llmpricing.sources.fetch import fetch
from llmpricing.sources.registry import SOURCES

COUNTS = ("new", "changed", "withdrawn", "unchanged", "quarantined")


class _Import(click.Command):
    """Reads a list; `llmpricing import list` and `llmpricing import undo` are commands of their own beside it."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """The context of the command that the first word names, or of reading a list."""
        if args and (other := BESIDE.get(args[0])):
            return other.make_context(f"{info_name} {args[0]}", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)


@click.command("import", cls=_Import, short_help="Bring the price book up to a price list.")
@ini_option
@click.argument("source", required=False, type=click.Choice(list(SOURCES)), metavar="SOURCE")
@click.argument("origin", required=False, metavar="[FILE|URL]")
@click.option("--all", "every", is_flag=True, help="Import every source from its own address.")
@click.option("--published", type=instant, metavar="DATE", help="When the list was published; by default now.")
@click.option("--allow-drop", is_flag=True, help="Let a list pass that lost most of its entries, or of some price.")
@click.option("--allow-changes", is_flag=True, help="Let a list pass whose prices changed by one factor, or so many.")
@click.option("--dry-run", is_flag=True, help="Do it all, tell what it did, and change nothing.")
@click.option("--steps", is_flag=True, hidden=True, help="Say how far it is in lines, for a program.")
@json_option
def import_(
    ini: Path,
    source: str | None,
    origin: str | None,
    every: bool,
    published: datetime | None,
    allow_drop: bool,
    allow_changes: bool,
    dry_run: bool,
    steps: bool,
    as_json: bool,
) -> None:
    """Bring the price book up to what SOURCE says: whole or not at all, and twice is as once.

    Reads FILE (.json, also as .gz or .xz; - is standard input) or URL, else the source's own address. A list counts
    from when it was published: say --published for an older one. Exits 0 when done, also with quarantined prices; 1
    when it failed; 2 when it was asked wrongly.

    \b
    llmpricing import list         what was read, each reading with its number
    llmpricing import undo NUMBER  take a reading back, its effect shown before
    llmpricing import --all
    llmpricing import litellm prices.json --published 2026-11-20 --dry-run
    """
    _check_question(source, origin, every, published)
    settings = ini_settings(ini)
    failed = False
    answers = []
    click.get_current_context().with_resource(shown_as_running(settings))
    is_its_own = origin is None and not dry_run  # another address, a file or a trial says nothing of the source
    for info in SOURCES.values() if source is None else [SOURCES[source]]:
        try:
            with failures_told(), failure_kept(settings, info) if is_its_own else nullcontext():
                reading = replace(
                    _read(settings, info, origin, published),
                    allow_drop=allow_drop,
                    allow_changes=allow_changes,
                    max_entries=settings.import_max_entries,
                )
                answers.append(_answer(*_import(settings, info, reading, dry_run, steps), dry_run))
        except click.ClickException as error:
            failed = True
            answers.append({"source": info.slug, "outcome": "failed", "error": error.message})
    if as_json:
        say_json(answers if every else answers[0])
    else:
        for answer in answers:
            _print(answer)
    sys.exit(1 if failed else 0)


def _check_question(source: str | None, origin: str | None, every: bool, published: datetime | None) -> None:
    if every and (source or origin or published):
        raise click.UsageError("--all imports every source from its own address as of now: leave the rest out.")
    if not every and source is None:
        raise click.UsageError(f"Name a source ({', '.join(SOURCES)}), or say --all.")
    if published and published > datetime.now(UTC):
        raise click.BadParameter("lies in the future.", param_hint="--published")
    if origin and origin != "-" and "://" not in origin and not Path(origin).is_file():
        raise click.BadParameter(f"There is no file {origin!r}.", param_hint="FILE")


def _import(
    settings: Settings, info: SourceInfo, reading: ReadList, dry_run: bool, steps: bool
) -> tuple[ImportSummary, list[Waiting]]:
    """What the import did, tried again where the line to the database breaks: once imported, a list changes nothing.

    With ``dry_run`` also which of its prices would wait.
    """
    found: list[ImportSummary] = []
    held: list[Waiting] = []

    def work() -> None:
        bar = progress_bar(f"Publishing {info.slug}", as_lines=steps)
        with open_book(settings, commit=not dry_run) as session, bar as progress:
            found[:] = import_lists(session, [(info, reading)], progress, grace_days=settings.evidence_grace_days)
            if dry_run:
                held[:] = held_of(session, info.slug, reading.published_at)

    with_retries(work, settings, patiently=False)
    return found[0], held


def _read(settings: Settings, info: SourceInfo, origin: str | None, published: datetime | None) -> ReadList:
    if origin is not None and "://" not in origin:
        return list_in_file(origin, settings, published)
    return _fetch(settings, info, origin or info.url, published)


def _fetch(settings: Settings, info: SourceInfo, url: str, published: datetime | None) -> ReadList:
    """The list at ``url``. It says its prices now, whenever its file was last changed: so it is published now."""
    address = url.partition("?")[0].partition("#")[0]  # what follows may be a token, which is kept nowhere
    known = None
    if published is None:
        with open_book(settings) as session:
            known = last_answer(session, info.slug, address)
            if known and not is_kept(session, info, known[1]):
                known = None  # an earlier release did not keep it
    fetched = fetch(url, settings, known[0] if known else None)
    now = datetime.now(UTC)
    if fetched.data is None and known:
        return ReadList(b"", now, now, address, known[0], unmodified=known[1])
    return ReadList(fetched.data or b"", published or now, now, address, fetched.etag)


def _answer(summary: ImportSummary, held: Sequence[Waiting], dry_run: bool) -> dict[str, Any]:
    """The summary by the names that text and JSON share; of a dry run also what would wait."""
    counts = {name: getattr(summary, name) for name in COUNTS}
    return {
        "source": summary.source,
        "outcome": summary.outcome,
        "published_at": summary.published_at,
        "dry_run": dry_run,
        **counts,
        "unknown_keys": summary.unknown_keys,
        "problems": [asdict(problem) for problem in summary.problems],
        "digest": summary.digest,
        **({"would_wait": [_would_wait(one) for one in held]} if dry_run else {}),
    }


def _would_wait(one: Waiting) -> dict[str, Any]:
    return {
        "offering": one.offering,
        "meter": one.meter,
        "conditions": one.condition_key,
        "rule": one.rule,
        "old": None if one.old is None else to_text(one.old),
        "new": to_text(one.new),
        "currency": one.currency,
        "per": one.per,
    }


def _print(answer: dict[str, Any]) -> None:
    if "error" in answer:
        for line in f"{answer['source']}: failed. {answer['error']}".split("\n"):  # the next step stands on its own
            say(line, err=True)
        return
    say(f"{answer['source']}, published {answer['published_at']:%Y-%m-%d %H:%M} UTC: {answer['outcome']}")
    for name in COUNTS:
        say(f"  {name:<12} {answer[name]}")
    keys = ", ".join(f"{name} ({count})" for name, count in answer["unknown_keys"].items())
    say(f"  {'unknown_keys':<12} {keys or 'none'}")
    _print_problems(answer["problems"])
    say(f"  {'digest':<12} {answer['digest']}")
    for one in answer.get("would_wait", ()):
        conditions = f" [{one['conditions']}]" if one["conditions"] else ""
        say(
            f"  would wait: {one['offering']} {one['meter']}{conditions} {one['old'] or 'unknown'} -> {one['new']} "
            f"{one['currency']} per {one['per']:,}, rule {one['rule']}"
        )
    if answer["quarantined"]:
        say("Quarantined prices wait for a person: llmpricing review list")
    if answer["dry_run"]:
        say("Dry run: nothing was changed.")


def _print_problems(problems: Sequence[dict[str, str]]) -> None:
    say(f"  {'problems':<12} {len(problems) or 'none'}")
    for problem in problems[:20]:
        say(f"    {problem['key']}: {problem['reason']}")
    if len(problems) > 20:
        say(f"    and {len(problems) - 20} more: --json lists all")
