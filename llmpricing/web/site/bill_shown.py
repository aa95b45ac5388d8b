"""What the page of a bill shows of a file's answers: its book, the causes with their chart, what comes, what else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pyramid.request import Request

from llmpricing.charts.bill import CauseBar, MonthBar, causes_chart, months_chart
from llmpricing.charts.chart import Chart
from llmpricing.charts.embedding import embedded
from llmpricing.charts.figures import long_day, month_name
from llmpricing.services.catalogue.freshness import source_ages
from llmpricing.web.site.ages import ages_shown
from llmpricing.web.site.charts.views import renderer_of

if TYPE_CHECKING:
    from llmpricing.services.usage_log.audit.one_file import FileAnswers
    from llmpricing.services.usage_log.sums.outlook import Outlook

SHOWN = 100  # causes, models and reasons of each
SHOWN_ELSEWHERE = 20
SHOWN_OF_ALL = 100
_SHOWN_ASSUMED = 6


def bill_shown(request: Request, found: FileAnswers, now: datetime) -> dict[str, Any]:
    """What the template writes of the answers."""
    from llmpricing.services.usage_log.sums.comparable import comparable_rule
    from llmpricing.services.usage_log.sums.elsewhere_costs import more_sellers

    there = found.elsewhere
    return {
        **ages_shown(source_ages(request.reads, now)),
        "bill": found.report.bill,
        "book": found.book.book.partition(" ")[0],  # behind it stands which file it is of
        "causes": found.causes[:SHOWN],
        "models": found.models.rows(),
        "assumed": sorted(found.report.effects.otherwise.items(), key=lambda one: -one[1].records)[:_SHOWN_ASSUMED],
        "coming": found.outlook,
        "there": there,
        "models_there": there.models(),
        "more_sellers": more_sellers,
        "rule": comparable_rule(there.compared, long_day) if there.compared else "",
        "free": len(there.free),
        "charts": embedded(_charts(found), renderer_of(request)),
        "shown": SHOWN,
        "shown_elsewhere": SHOWN_ELSEWHERE,
        "shown_of_all": SHOWN_OF_ALL,
    }


def _charts(found: FileAnswers) -> dict[str, Callable[[int], Chart]]:
    """Those of the causes and of the months to come, where there are any."""
    causes = [CauseBar(row.title, row.money, row.records, row.share) for row, _ in found.causes if row.money]
    charts: dict[str, Callable[[int], Chart]] = {}
    if causes:
        charts["causes"] = lambda width: causes_chart(causes, width)
    if found.outlook.months:
        charts["months"] = lambda width: _months(found.outlook, width)
    return charts


def _months(coming: Outlook, width: int) -> Chart:
    months = [MonthBar(month_name(one.month), one.cost, not one.unpriced) for one in coming.months]
    return months_chart(coming.today, months, f"the usage of {coming.days_in_words}", width)
