"""What becomes of sums that several documents tell: billed once where they tell alike, or where one had yet to grow."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np

from llmpricing.services.usage_log.batch import Mask, Numbers

ID, DOCUMENT, PART, AT, WEIGHT, FACTS = range(6)  # of what is noted of a sum


class SumTelling(IntEnum):
    """What becomes of the sums of one thing that one document tells."""

    BILLED, REPEATED, GREW, APART, APART_LESS, GROUPED, GROUPED_LESS, ALIKE = range(8)


class OfDocuments(NamedTuple):
    """Which sums are of documents that may tell a part of a time only (``unsure``), of bills (``lines``), and of which
    of these the lines have ids, which tell what is told again; and which are sums of ``sessions``.
    """

    unsure: Mask
    lines: Mask
    lines_with_ids: Mask
    sessions: Mask


def verdicts(cells: Numbers, of: OfDocuments) -> Numbers:
    """What becomes of what each document tells of one sum, in order of the sums and how full they are told."""
    _, group, times = np.unique(cells[:, ID], return_inverse=True, return_counts=True)
    counted = cells[:, [ID, WEIGHT, FACTS]]
    is_again = np.append(False, (counted[1:] == counted[:-1]).all(axis=1))
    is_alike = is_again | np.append(is_again[1:], False)
    full = cells[np.append(group[1:] != group[:-1], True)][group]
    is_full = (counted == full[:, [ID, WEIGHT, FACTS]]).all(axis=1)
    is_shared = times[group] > 1
    grew = (
        _may_have_grown(cells, is_alike, is_shared) & (np.bincount(group[of.unsure], minlength=len(times)) == 0)[group]
    )
    grew = np.where(of.sessions, cells[:, AT] <= full[:, AT], grew)  # a session ends later the more it counts
    has_grown, has_other = np.zeros((2, len(times)), np.bool_)
    has_grown[group[~is_full & grew]] = True
    has_other[group[~is_full & ~grew]] = True
    of_full = np.where(has_other, SumTelling.APART, np.where(has_grown, SumTelling.GREW, SumTelling.BILLED))[group]
    told: Numbers = np.where(is_full, of_full, np.where(grew, SumTelling.REPEATED, SumTelling.APART_LESS))
    told[is_again] = SumTelling.REPEATED
    doubted = of.lines & (of.lines_with_ids | ~_are_of_overlapping_bills(cells, is_alike, is_shared))
    doubted = (np.bincount(group[doubted], minlength=len(times)) > 0)[group]
    told[doubted] = np.where(is_again[doubted], SumTelling.ALIKE, SumTelling.BILLED)
    return told


def _are_of_overlapping_bills(cells: Numbers, is_alike: Mask, is_shared: Mask) -> Mask:
    """Whether the documents of each of these tell most of what others tell too alike: not the parts of one bill."""
    _, document = np.unique(cells[:, DOCUMENT], return_inverse=True)
    size = int(document.max()) + 1
    alike, shared = (np.bincount(document[rows], minlength=size) for rows in (is_alike, is_shared))
    found: Mask = (2 * alike > shared)[document] | ~is_shared
    return found


def _may_have_grown(cells: Numbers, is_alike: Mask, is_shared: Mask) -> Mask:
    """Whether each of these tellings may be of a time that still ran: of the last one of its document, or where most of
    what the document tells before, and others tell too, is alike.
    """
    _, document = np.unique(cells[:, DOCUMENT], return_inverse=True)
    size = int(document.max()) + 1
    last = np.full(size, np.iinfo(np.int64).min)
    np.maximum.at(last, document, cells[:, AT])
    is_last = cells[:, AT] == last[document]
    alike, other = (np.bincount(document[is_shared & ~is_last & one], minlength=size) for one in (is_alike, ~is_alike))
    found: Mask = np.where(is_last, (other <= alike)[document], (alike > other)[document])
    return found
