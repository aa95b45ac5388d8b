"""Scores of benchmarks that come with llmpricing: each was read at the address beside it, where it is published.

Of LiveBench a score is the mean of the tasks of its kind in the table of a release; of each model the row of the
highest effort is taken, which the note names. measured_on is empty, for neither source says on which day it measured.
"""

from __future__ import annotations

from importlib import resources


def bundled_scores() -> str:
    """The CSV as `llmpricing import-benchmarks` reads it; models are named by their ids in the price book."""
    return resources.files("llmpricing.sources").joinpath("bundled_scores.csv").read_text("utf-8")
