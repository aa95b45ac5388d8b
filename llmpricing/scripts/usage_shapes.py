"""Which usage files a command is asked about: of what shapes they are, and what is said of all their records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmpricing.domain.usage.wording import in_words
from llmpricing.scripts.file_shapes import given_shape, told_apart
from llmpricing.scripts.hidden_names import names_hidden, numbered
from llmpricing.scripts.option_words import option_words
from llmpricing.scripts.usage_paths import usage_paths

if TYPE_CHECKING:
    from llmpricing.services.usage_log.formats.assumptions import Assumptions
    from llmpricing.services.usage_log.formats.file_reader import ReadBatch
    from llmpricing.services.usage_log.formats.record import UsageRecord
    from llmpricing.services.usage_log.formats.shape import Shape
    from llmpricing.services.usage_log.formats.usage_file import TakenFor, UsageFile

_MISSING = "Reading usage files needs Arrow and NumPy. Install them: pip install 'llmpricing[bulk]'."
_NONE_KNOWN = (
    "None of these files is of a shape that is known: llmpricing formats lists those that are. "
    "A table with the columns of a quote (model, at, input_tokens, output_tokens, ...) is. "
    "For any other table write a map of its columns: llmpricing formats --suggest FILE > map.toml, "
    "then name it with --columns map.toml."
)


@dataclass(frozen=True)
class FoundFiles:
    """The files that were named: those of a ``known`` shape, and the ``unknown`` ones. ``has_folder``: some came out of
    a folder, where other files are to be expected.
    """

    known: Sequence[UsageFile]
    unknown: Sequence[Path]
    has_folder: bool

    def redacted(self) -> FoundFiles:
        """The same without names, for what is said of them: people and customers give names to folders and fields."""
        names = self._names()
        known = [
            replace(file, path=Path(names[file.path]), taken=_unowned_fields(file), shape=_unowned(file.shape))
            for file in self.known
        ]
        return replace(self, known=known, unknown=[Path(names[path]) for path in self.unknown])

    @contextmanager
    def failures_redacted(self, *others: Path, is_asked: bool = True) -> Iterator[None]:
        """Tell of no file's name in what fails, if that ``is_asked``; the ``others`` are counted on."""
        with names_hidden({str(path): name for path, name in self._names(*others).items()}, is_asked=is_asked):
            yield

    def _names(self, *others: Path) -> dict[Path, str]:
        paths = dict.fromkeys([*(file.path for file in self.known), *self.unknown, *others])
        return {path: f"file {number}" for number, path in enumerate(paths, 1)}


def _unowned_fields(file: UsageFile) -> TakenFor:
    """What a file's fields are taken for, without its owner's names: --columns names all of its own."""
    is_own = _unowned(file.shape) is not file.shape
    return replace(file.taken, fields={} if is_own else file.taken.fields, others=())


def _unowned(shape: Shape) -> Shape:
    """The shape without the name of the file that tells its columns."""
    from llmpricing.services.usage_log.formats.registry import BY_NAME
    from llmpricing.services.usage_log.formats.tool_columns import QUOTE_TABLE

    is_known = shape.name in BY_NAME or shape.name == QUOTE_TABLE
    return shape if is_known else replace(shape, name="own columns", title="columns of one's own")


@dataclass(frozen=True)
class AskedFiles:
    """The usage files that a command is asked about, and what they leave out."""

    words: tuple[str, ...]
    shape: str | None
    columns: Path | None
    provider: str | None
    offerings: tuple[tuple[str, str], ...]
    ignored: tuple[str, ...]
    region: str | None = None
    tier: str | None = None
    is_redacted: bool = False

    @contextmanager
    def opened(self, *, as_tables: bool = False) -> Iterator[FoundFiles]:
        """The files while they are there; raises click.ClickException. Without a stated shape ``as_tables`` takes them
        all for plain tables.
        """
        with self._named(self.words) as (paths, has_folder), arrow_missing_told():
            with names_hidden(numbered(paths), is_asked=self.is_redacted), log_failures_told():
                given = given_shape(self.shape, self.columns)
                is_told = not as_tables or given is not None
                known, unknown = told_apart(paths, given, has_folder) if is_told else ([], list(paths))
            yield FoundFiles(known, unknown, has_folder)

    @contextmanager
    def charged_files(self, words: Sequence[str]) -> Iterator[tuple[Sequence[Path], Sequence[UsageFile]]]:
        """The invoices that are laid beside the files, and what they are of; raises click.ClickException, also where
        one is of no known shape.
        """
        from llmpricing.services.usage_log.formats.files import UnknownShape

        with self._named(words, "invoice file") as (paths, _):
            with names_hidden(numbered(paths, "invoice file"), is_asked=self.is_redacted), log_failures_told():
                known, unknown = told_apart(paths, None, is_many=False)
                if unknown:
                    raise UnknownShape(unknown[0])
            yield paths, known

    @contextmanager
    def _named(self, words: Sequence[str], what: str = "file") -> Iterator[tuple[list[Path], bool]]:
        with ExitStack() as stack:
            with names_hidden(numbered(words, what), is_asked=self.is_redacted):
                found = stack.enter_context(usage_paths(words))
            yield found

    @contextmanager
    def known_files(self) -> Iterator[FoundFiles]:
        """The same, at least one of a known shape; raises click.UsageError where there is none."""
        with self.opened() as found:
            if not found.known:
                raise click.UsageError(_NONE_KNOWN)
            yield found

    @property
    def says_more(self) -> bool:
        """Whether anything is said of what the files mean, which plain tables say themselves."""
        return bool(self.shape or self.columns or self.provider or self.offerings)

    @property
    def assumptions(self) -> Assumptions:
        """What is said of records that leave it out."""
        from llmpricing.services.usage_log.formats.assumptions import Assumptions

        return Assumptions(self.provider, dict(self.offerings), self.region, self.tier)

    def records(self, files: Sequence[UsageFile]) -> Iterator[UsageRecord]:
        """The records of these files, with what they leave out."""
        from llmpricing.services.usage_log.formats.files import UsageFiles

        return map(self.assumptions.applied, UsageFiles(files, self.ignored).records())

    def batches(self, files: Sequence[UsageFile], *, numbered: bool = False) -> Iterator[ReadBatch]:
        """The same, some thousand at a time, as columns where they are alike; each says its file if ``numbered``."""
        from llmpricing.services.usage_log.formats.files import UsageFiles

        applied = self.assumptions.applied
        return (batch.changed(applied) for batch in UsageFiles(files, self.ignored, numbered=numbered).batches())


@contextmanager
def arrow_missing_told() -> Iterator[None]:
    """Tell what to install where reading needs more than is there."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name and error.name.partition(".")[0] in ("numpy", "pyarrow"):
            raise click.ClickException(_MISSING) from None
        raise


@contextmanager
def log_failures_told(out: Path | None = None) -> Iterator[None]:
    """Turn what can go wrong while a log is read, or ``out`` written, into plain words."""
    from llmpricing.services.usage_log.columns import LogError, UncountedError

    try:
        yield
    except UncountedError as error:
        raise click.UsageError(in_words(error, option_words())) from None
    except LogError as error:
        raise click.ClickException(in_words(error, option_words())) from None
    except OSError as error:
        where = error.filename or out
        raise click.ClickException(f"{where}: {error.strerror}. Mend that, and try again.") from None


Command = Callable[..., Any]


def asks_files(*, with_place: bool = True) -> Callable[[Command], Command]:
    """FILES and the options that say what they are, handed on as one AskedFiles called ``asked``; ``with_place`` also
    those that state a region and a tier.
    """

    def decorated(command: Command) -> Command:
        @wraps(command)
        def asking(*given: Any, files: tuple[str, ...], **more: Any) -> Any:
            said = {name: more.pop(name, None) for name in ("shape", "columns", "provider", "region", "tier")}
            of_all = {name: more.pop(name) for name in ("offerings", "ignored")}
            is_redacted = bool(more.get("redact"))
            return command(*given, asked=AskedFiles(files, **said, **of_all, is_redacted=is_redacted), **more)

        found: Command = asking
        for option in reversed((*_OPTIONS, *(_OF_PLACE if with_place else ()))):
            found = option(found)
        return click.argument("files", nargs=-1, required=True)(found)

    return decorated


def offerings_named(
    _context: click.Context, _option: click.Parameter, words: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    """NAME=OFFERING taken apart at the last sign; a usage error for anything else."""
    found = [word.rpartition("=") for word in words]
    for word, (name, _, offering) in zip(words, found, strict=True):
        if not name or not offering:
            raise click.BadParameter(f"{word!r} is no NAME=OFFERING, such as my-deployment=openai/gpt-4o.")
    return tuple((name, offering) for name, _, offering in found)


_OPTIONS = (
    click.option("--format", "shape", metavar="NAME", help="What the files are, as llmpricing formats lists it."),
    click.option(
        "--columns",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="MAP.toml",
        help="What the columns of any other file mean; llmpricing formats --suggest FILE writes a first one.",
    ),
    click.option("--provider", metavar="NAME", help="The seller, where the files do not say it."),
    click.option(
        "--map",
        "offerings",
        multiple=True,
        metavar="NAME=OFFERING",
        callback=offerings_named,
        help="What a name of your own means.",
    ),
    click.option("--ignore-column", "ignored", multiple=True, metavar="NAME", help="Keep it, but never count it."),
)
_OF_PLACE = (
    click.option("--region", metavar="NAME", help="The place, where the files do not say it."),
    click.option("--tier", metavar="NAME", help="The service tier, where the files do not say it."),
)
