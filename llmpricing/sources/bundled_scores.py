"""Scores of benchmarks that come with llmpricing: each was read at the address beside it, where it is published.

Of LiveBench a score is the mean of the tasks of its kind in the table of a release; of each model the row of the
highest effort is taken, which the note names. measured_on is empty, for neither source says on which day it measured.
"""

from __future__ import annotations

from importlib import resources

# Where scores of earlier versions of the file were published. Both publishers measured anew since, so that those do not
# compare with the ones of now: a book that holds them gives them up.
REPLACED_SOURCES = frozenset(
    {
        "https://github.com/LiveBench/livebench.github.io/blob/e6ff071c917569e1e6ed84b72413a833e09100cd/public/table_2026_01_08.csv",
        "https://github.com/LiveBench/new-livebench/blob/165029bc04932a90afa3f0b330211a3efd20c6db/table_2026_06_25.csv",
        "https://github.com/vectara/hallucination-leaderboard/blob/37fc0e9a757a3b42cee659a3e1914539b6b5de06/README.md",
    }
)


def bundled_scores() -> str:
    """The CSV as `llmpricing import-benchmarks` reads it; models are named by their ids in the price book."""
    return resources.files("llmpricing.sources").joinpath("bundled_scores.csv").read_text("utf-8")
