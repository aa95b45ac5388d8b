"""What an audit writes: a row for each record, and its report as a page."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import reduce
from operator import and_
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from llmpricing.services.usage_log.audit.rows import WrittenBatch
    from llmpricing.services.usage_log.formats.usage_file import UsageFile


def check_page(html: Path | None, force: bool) -> None:
    """Raise click.UsageError where the report could not be written, before anything is read."""
    if html is None:
        return
    if html.exists() and not force:
        raise click.UsageError(f"{html} exists: name another file with --html, or replace it with --force.")
    if not os.access(html.resolve().parent, os.W_OK):
        raise click.UsageError(f"Nothing can be written beside {html}: is there such a folder, and is it yours?")


def write_page(
    document: Mapping[str, Any], html: Path | None, files: Sequence[UsageFile], *, is_redacted: bool
) -> None:
    """Write the report, if it is wanted, for nobody who cannot read the files; it appears whole."""
    if html is None:
        return
    from llmpricing.charts.embedding import embedded
    from llmpricing.charts.renderer import ChartRenderer
    from llmpricing.scripts.commands.audit_html import audit_charts, audit_page
    from llmpricing.whole_files import mode_like, part_file

    with closing(ChartRenderer()) as renderer:
        charts = embedded(audit_charts(document), renderer)
    page = audit_page(document, charts, is_redacted=is_redacted)
    try:
        with part_file(html, reduce(and_, (mode_like(file.path) for file in files))) as part:
            part.file.write(page.encode(errors="replace"))
            part.keep()
    except OSError as error:
        raise click.ClickException(f"{html}: {error.strerror}. Mend that, and try again.") from None


@contextmanager
def rows_written(out: Path | None, files: Sequence[UsageFile]) -> Iterator[WrittenBatch | None]:
    """What writes the audited records to ``out``, if it is wanted, for nobody who cannot read the files."""
    from llmpricing.services.usage_log.audit.rows import audit_file
    from llmpricing.whole_files import mode_like

    if out is None:
        yield None
        return
    with audit_file(out, reduce(and_, (mode_like(file.path) for file in files))) as written:
        yield written
