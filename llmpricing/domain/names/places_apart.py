"""A name that says no place, at a seller that sells by place: the same model in other places, at prices of its own."""

from __future__ import annotations

import re
from dataclasses import replace

from llmpricing.domain.names.answers import Resolution
from llmpricing.domain.names.identities import identity
from llmpricing.domain.names.index import NameIndex
from llmpricing.domain.names.twins import OTHER_SURFACE

_BY_PLACE = frozenset({"aws"})  # each request of Bedrock says where: its ids begin with the place
_SAYS_PLACE = re.compile(r"(?:^|[/:])(?:us-gov|us|eu|apac|au|ca|jp|in|global|regional)\.(?=[a-z0-9]+\.)", re.IGNORECASE)


def with_other_places(index: NameIndex, name: str, found: Resolution) -> Resolution:
    """What a name means, with the offerings of the same model in ``other_places`` where it says none."""
    if found.provider not in _BY_PLACE or found.stands_in_for or _SAYS_PLACE.search(name):
        return found
    own = identity(found.slug.partition("/")[2])
    alike = [
        entry.slug
        for entry in index.sellers[found.provider].by_model.get(own.model, ())
        if own.may_share_date(identity(entry.api_id)) and entry.api_id.partition("/")[0].lower() not in OTHER_SURFACE
    ]
    return replace(found, other_places=tuple(slug for slug in alike if slug != found.slug))
