"""The columns of a row of the list that show prices."""

from __future__ import annotations

# By column, each in the currency of the row for a million tokens, the meter whose price without conditions it shows.
BASE_METERS = {
    "input_per_mtok": "input_tokens",
    "output_per_mtok": "output_tokens",
    "cache_read_per_mtok": "cache_read_tokens",
    "cache_write_per_mtok": "cache_write_tokens",
}
