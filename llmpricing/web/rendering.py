"""Pages from templates, whose variables are let go when a page is written.

A template's macros refer to the variables, and the variables to the macros: without help all that a page showed would
wait for the collector of garbage.
"""

from __future__ import annotations

import re
from typing import Any

from jinja2 import Template
from jinja2.ext import Extension
from jinja2.runtime import Context
from pyramid.config import PHASE3_CONFIG

import llmpricing.web

_INDENT = re.compile(r"\n[ \t]+")
_MADE = "_contexts_of_this_page"  # among the variables: the contexts that its templates were given


class _PageContext(Context):
    """The variables of one template of a page. Those of macros that all pages share are no page's, and stay."""

    def __init__(self, environment: Any, parent: dict[str, Any], *rest: Any, **more: Any) -> None:
        super().__init__(environment, parent, *rest, **more)
        if (made := parent.get(_MADE)) is not None:
            made.append(self)


class _PageTemplate(Template):
    """A template that ends with its page."""

    def render(self, *args: Any, **kwargs: Any) -> str:
        """The page as text."""
        made: list[Context] = []
        try:
            return super().render(*args, **kwargs, **{_MADE: made})
        finally:
            for context in made:
                context.vars, context.parent = {}, {}


class _Unindented(Extension):
    """Templates as they are shown: a browser takes a line's indentation for one blank, as it does the line's end."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """The source without the blanks before its lines; what values bring stays as it is."""
        return _INDENT.sub("\n", source)


def includeme(config: Any) -> None:
    """Render ``.jinja2`` so."""
    from pyramid_jinja2 import add_jinja2_renderer, get_jinja2_environment

    from llmpricing.web.site import hours_told
    from llmpricing.web.site.month_links import asked_query, kept_query, month_query, with_kept

    # Not by its ``includeme``, which reads the source of all that called it to learn the package.
    add_jinja2_renderer(config, ".jinja2", package=llmpricing.web)

    def let_go() -> None:
        environment = get_jinja2_environment(config)
        environment.context_class, environment.template_class = _PageContext, _PageTemplate
        environment.add_extension(_Unindented)
        environment.globals.update(
            asked_query=asked_query,
            kept_query=kept_query,
            month_query=month_query,
            with_kept=with_kept,
            hours=hours_told,
        )

    config.action(None, let_go, order=PHASE3_CONFIG + 1)
