"""Where a request ran: the clouds' own names of places, and the wider zones by which price lists price them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from llmpricing.domain.conditions import STANDARD
from llmpricing.domain.names.identities import GOVERNMENT

GLOBAL = "global"
# What callers and usage objects write where a request has no place of its own.
# https://platform.claude.com/docs/en/build-with-claude/data-residency: inference_geo "not_available" is no place.
DEFAULTS = frozenset({STANDARD, GLOBAL, "not_available"})
ZONES = frozenset({"us", GOVERNMENT, "eu", "apac", "au", "ca", "jp", "in"})
REGIONAL = "regional"  # any place but the global one, as Vertex prices it

# https://docs.aws.amazon.com/general/latest/gr/bedrock.html and https://cloud.google.com/vertex-ai/docs/general/locations
_AWS = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_GOOGLE = re.compile(r"(us|europe|asia|australia|northamerica|southamerica|me|africa)-[a-z]+\d+")
_PREFIXES = (
    ("us-gov-", (GOVERNMENT,)),
    ("us-", ("us",)),
    ("northamerica-northeast", ("ca",)),
    ("ca-", ("ca",)),
    ("eu-", ("eu",)),
    ("europe-", ("eu",)),
    ("ap-northeast-1", ("jp", "apac")),
    ("ap-northeast-3", ("jp", "apac")),
    ("asia-northeast1", ("jp", "apac")),
    ("asia-northeast2", ("jp", "apac")),
    ("ap-southeast-2", ("au", "apac")),
    ("ap-southeast-4", ("au", "apac")),
    ("australia-", ("au", "apac")),
    ("ap-south-", ("in", "apac")),
    ("asia-south1", ("in", "apac")),
    ("asia-south2", ("in", "apac")),
    ("ap-", ("apac",)),
    ("asia-", ("apac",)),
)
# In Europe, but no members of the European Union, whose zone they do not share.
_NOT_EU = frozenset({"eu-west-2", "eu-central-2", "europe-west2", "europe-west6"})

# https://learn.microsoft.com/azure/reliability/regions-list
_AZURE = {
    **dict.fromkeys(
        (
            *("centralus", "eastus", "eastus2", "northcentralus", "southcentralus", "westcentralus", "westus"),
            *("westus2", "westus3"),
        ),
        ("us",),
    ),
    **dict.fromkeys(("usgovarizona", "usgovtexas", "usgovvirginia"), (GOVERNMENT,)),
    **dict.fromkeys(
        (
            *("austriaeast", "belgiumcentral", "denmarkeast", "francecentral", "francesouth", "germanynorth"),
            *("germanywestcentral", "italynorth", "northeurope", "polandcentral", "spaincentral", "swedencentral"),
            *("swedensouth", "westeurope"),
        ),
        ("eu",),
    ),
    **dict.fromkeys(("canadacentral", "canadaeast"), ("ca",)),
    **dict.fromkeys(("japaneast", "japanwest"), ("jp", "apac")),
    **dict.fromkeys(("australiacentral", "australiaeast", "australiasoutheast"), ("au", "apac")),
    **dict.fromkeys(("centralindia", "southindia", "westindia", "jioindiawest"), ("in", "apac")),
    **dict.fromkeys(("eastasia", "koreacentral", "koreasouth", "malaysiawest", "southeastasia"), ("apac",)),
    **dict.fromkeys(
        (
            *("brazilsouth", "chilecentral", "israelcentral", "mexicocentral", "norwayeast", "norwaywest"),
            *("qatarcentral", "southafricanorth", "switzerlandnorth", "switzerlandwest", "uaenorth", "uksouth"),
            "ukwest",
        ),
        (),
    ),
}


def zones_of(place: str) -> tuple[str, ...] | None:
    """The zones that a place lies in, the narrowest first; None for what no cloud calls a place."""
    name = place.strip().lower()
    if name in ZONES:
        return (name, "apac") if name in ("au", "in", "jp") else (name,)
    if name in _AZURE:
        return _AZURE[name]
    if not (_AWS.fullmatch(name) or _GOOGLE.fullmatch(name)):
        return None
    if name in _NOT_EU:
        return ()
    return next((zones for prefix, zones in _PREFIXES if name.startswith(prefix)), ())


def listed_place(place: str, listed: Collection[str]) -> str | None:
    """Which of the listed places prices a request that ran in ``place``; None where none does."""
    return next((name for name in _names(place) if name in listed), None)


def _names(place: str) -> Iterator[str]:
    yield place
    zones = zones_of(place)
    if zones is not None:
        yield place.strip().lower()
        yield from zones
        if GOVERNMENT not in zones:
            yield REGIONAL
