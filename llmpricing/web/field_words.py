"""What fields are called on pages: whoever reads an error there knows the words before a field, not the API's names."""

from __future__ import annotations

WORKLOAD_LABELS = {
    "preset": "My month",
    "tokens": "Tokens a month",
    "input_share": "Input of tokens",
    "cached_share": "Cached of input",
    "requests": "Requests a month",
}
LABELS = {  # of the list
    "q": "Search",
    "provider": "Seller",
    "lab": "Lab",
    "max_input_price": "Input up to",
    "max_output_price": "Output up to",
    "max_month": "Month up to",
    "min_context": "Context from",
    "released_since": "Released since",
    "updated_within_days": "Price changed within",
    "as_of": "Prices as of",
    "sort": "Sort by",
    "capability": "Capabilities",
    **WORKLOAD_LABELS,
    "by_maker": "Sold by its maker",
    "dated": "With a dated price",
    "usage": "or a usage object",
    "usage_format": "Its format",
}
_OF_PAGES = {
    **LABELS,
    "floor": "Least quality",
    "known_at": "Known by",
    "days": "Days",
    "page": "Page",
    "models": "Models",
    "model": "Model",
    "learnt": "What lists told first",
}


def worded(message: str, name: str, label: str) -> str:
    """The message of a reader, which begins with the API's name of the field, in the words that stand before it."""
    rest = message.removeprefix(name)
    return message if rest == message else f"“{label}”{rest}"


def on_a_page(message: str, name: str) -> str:
    """The message as a page tells it, where the field has words there."""
    label = _OF_PAGES.get(name)
    return worded(message, name, label) if label else message
