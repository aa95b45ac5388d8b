"""Which shapes usage files are of, as a command line says it or as their content tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from llmpricing.domain.usage.wording import in_words
from llmpricing.scripts.option_words import option_words

if TYPE_CHECKING:
    from llmpricing.services.usage_log.formats.shape import Shape
    from llmpricing.services.usage_log.formats.usage_file import UsageFile


def given_shape(name: str | None, columns: Path | None) -> Shape | None:
    """The shape that was named or described; raises click.ClickException where there is none such."""
    from llmpricing.services.usage_log.columns import LogError
    from llmpricing.services.usage_log.formats.own_columns import own_shape
    from llmpricing.services.usage_log.formats.registry import BY_NAME

    if name and columns:
        raise click.UsageError("Say either --format or --columns: both tell what the files are.")
    if name and name not in BY_NAME:
        raise click.UsageError(f"{name!r} is no shape that is known: llmpricing formats lists those that are.")
    try:
        return own_shape(columns) if columns else BY_NAME[name] if name else None
    except LogError as error:
        raise click.UsageError(in_words(error, option_words())) from None


def told_apart(paths: Sequence[Path], shape: Shape | None, is_many: bool) -> tuple[list[UsageFile], list[Path]]:
    """The files with their shapes, the first of each with what its fields are taken for, and those of none; raises
    click.ClickException.

    Where all files were named one by one, each must be of a known shape, but for a single plain table. An answer
    without records is a page of those of the file before it, or after it.
    """
    from llmpricing.services.usage_log.columns import LogError
    from llmpricing.services.usage_log.formats.files import NoRecords, UnknownShape, empty_page, usage_file
    from llmpricing.services.usage_log.formats.number_signs import UnclearNumbers
    from llmpricing.services.usage_log.formats.taken_for import taken_for

    known: list[UsageFile] = []
    unknown, told = [], set()
    empty: list[tuple[int, Path, NoRecords]] = []
    for path in paths:
        try:
            file = usage_file(path, shape, now=datetime.now(UTC))
            known.append(file if file.shape.name in told else replace(file, taken=taken_for(file)))
            told.add(file.shape.name)
        except NoRecords as error:
            empty.append((len(known), path, error))
        except UnknownShape as error:
            if len(paths) > 1 and not is_many:
                raise click.ClickException(in_words(error, option_words())) from None
            unknown.append(path)
        except UnclearNumbers as error:
            raise click.ClickException(in_words(error, option_words())) from None
        except LogError as error:
            if is_many:
                unknown.append(path)  # a folder holds other files too, which are said to be left out
                continue
            if shape or len(paths) > 1 or path.suffix not in (".csv", ".ndjson", ".parquet"):
                raise click.ClickException(in_words(error, option_words())) from None
            unknown.append(path)  # as a plain table it may have more to say of what is wrong
    if empty and not known and not is_many:
        raise click.ClickException(in_words(empty[0][2], option_words()))
    if not known:
        return known, [*unknown, *(path for _, path, _ in empty)]
    for place, path, _ in reversed(empty):
        known.insert(place, empty_page(path, known[max(place - 1, 0)].shape))
    return known, unknown
