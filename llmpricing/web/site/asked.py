"""What a page's address asks of models: the API's words, with counts as people write them."""

from __future__ import annotations

from collections.abc import Mapping

from llmpricing.web import parameters as p
from llmpricing.web.need_query import ASKED
from llmpricing.web.site.workload import count

ASKED_ON_PAGES: Mapping[str, p.Reader] = {**ASKED, "min_context": count(0, 10**12)}
