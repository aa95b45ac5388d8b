"""Imports that operators ask for: the log tells of an end as soon as the place is free."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.models import AuditEvent
from llmpricing.services.imports.asked import keep_end, newest_asked, note_asked
from llmpricing.services.imports.running import running_imports

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize("level", ["REPEATABLE READ", "READ COMMITTED"])
def test_an_import_that_ends_while_a_page_is_made_is_not_told_as_one_without_an_end(book_url: str, level: str) -> None:
    engine = create_engine(book_url, poolclass=NullPool)
    with Session(engine) as session, session.begin():
        note_asked(session, "ada", "litellm", AT)
    with Session(engine.execution_options(isolation_level=level)) as page:
        assert page.scalars(select(AuditEvent.subject)).all()[-1:] == ["litellm"]  # from here on it sees no news
        keep_end(engine, "ada", "litellm", AT, {"outcome": "imported", "new": 3})
        found = newest_asked(page, running_imports(page))
        assert found is not None
        assert (found.outcome, found.reason, found.counts, found.ended) == ("imported", "", {"new": 3}, AT)
        note_asked(page, "eve", "models-dev", AT)
        page.commit()
    with Session(engine) as session:
        actions = select(AuditEvent.action).where(AuditEvent.action.like("import_%")).order_by(AuditEvent.id)
        assert session.scalars(actions).all() == ["import_asked", "import_ended", "import_asked"]
