"""What a form of a page sends: its fields read as parameters are, the one at fault named."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import ExitStack
from typing import IO, Any

from pyramid.request import Request
from webob.compat import cgi_FieldStorage
from webob.multidict import MultiDict

from llmpricing.web.errors import Refused, invalid
from llmpricing.web.json_body import MAX_BYTES
from llmpricing.web.parameters import Reader, read_parameters, read_values

FORM_FIELD = "csrf_token"  # by which a form shows that it comes from a page of ours
_MOST_FIELDS = 10_000  # of a form without files: a group of the review queue has one for each that waits
_MOST_PARTS, _MOST_LINES, _LONGEST = 100, 600, 1 << 16  # of one with files; lines and their bytes are those around them


class _FormBody:
    """The body of a form, as its parser reads it: with ends to its parts and to the lines around them.

    The parser has none, keeps each part as objects and the larger ones as open files, and takes parts within parts.
    """

    def __init__(self, body: IO[bytes]) -> None:
        self._body = body
        self._parts: list[_BoundedForm] = []
        self._lines = 0

    def begin_part(self, part: _BoundedForm) -> None:
        self._parts.append(part)
        if len(self._parts) > _MOST_PARTS:
            raise ValueError("has too many parts")

    def close_parts(self, kept: Collection[int] = ()) -> None:
        """Close the files of the parts, but for those of these identities."""
        for part in self._parts:
            if id(part) not in kept and (file := getattr(part, "file", None)):
                file.close()

    def read(self, size: int = -1) -> bytes:
        return self._body.read(size)

    def readline(self, size: int = -1) -> bytes:
        if size < 0:
            self._lines += 1
            if self._lines > _MOST_LINES:
                raise ValueError("has too many lines around its parts")
        return self._body.readline(size if size >= 0 else _LONGEST)


class _BoundedForm(cgi_FieldStorage):  # type: ignore[misc]  # WebOb ships no types
    def __init__(self, fp: _FormBody, *args: Any, **options: Any) -> None:
        fp.begin_part(self)
        super().__init__(fp, *args, **options)


def form_items(request: Request) -> list[tuple[str, Any]]:
    """What a form sends, texts and files, of a body whose length was looked at; nothing where it is no form.

    As ``request.POST`` says it, which has no bounds. Raises ValueError for what is broken or has too many parts.
    """
    if request.content_type not in ("", "application/x-www-form-urlencoded", "multipart/form-data"):
        return []
    request.make_body_seekable()
    request.body_file_raw.seek(0)
    environ = {**request.environ, "QUERY_STRING": "", "CONTENT_LENGTH": str(request.content_length or 0)}
    options = {"keep_blank_values": True, "encoding": "utf8", "max_num_fields": _MOST_FIELDS}
    body = _FormBody(request.body_file)
    try:
        form = _BoundedForm(body, environ=environ, **options)
    except ValueError:
        body.close_parts()
        raise
    fields = list(MultiDict.from_fieldstorage(form).items())
    body.close_parts({id(value) for _, value in fields})
    return fields


def posted(request: Request) -> dict[str, list[Any]]:
    """All fields of a form as they came, texts and files; raises 413 for a large one and 400 for what is no form."""
    if (request.content_length or 0) > MAX_BYTES:
        raise Refused(413, "BODY_TOO_LARGE", f"The form is larger than {MAX_BYTES >> 20} MiB. Send less at once.")
    fields: dict[str, list[Any]] = {}
    try:
        for name, value in form_items(request):
            fields.setdefault(name, []).append(value)
    except (ValueError, UnicodeError):
        message = "The form could not be read. Open the page again and send it from there."
        raise Refused(400, "BAD_REQUEST", message) from None
    return fields


def read_form(
    request: Request,
    readers: Mapping[str, Reader],
    repeatable: tuple[str, ...] = (),
    files: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Values of a form's fields by name, empty ones left out, as ``read_parameters`` reads those of an address.

    ``files`` are fields that take the text of a file too.
    """
    read_parameters(request, {})
    fields = posted(request)
    fields.pop(FORM_FIELD, None)
    with ExitStack() as closing:
        for name, values in fields.items():
            for place, part in enumerate(values):
                if hasattr(part, "file"):
                    closing.enter_context(part.file)
                    values[place] = _text_of(name, part, name in files)
    return read_values(fields, readers, repeatable)


def _text_of(name: str, part: Any, is_wanted: bool) -> str:
    if not is_wanted:
        raise invalid(name[:200], f"{name[:60]} takes text, not a file.")
    try:
        text: str = part.file.read(MAX_BYTES).decode()
    except UnicodeDecodeError:
        raise invalid(name, "The file is no text in UTF-8. Save it as CSV in UTF-8.") from None
    return text
