"""What importing a room brings along."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import pkgutil, sys
before = set(sys.modules)
import llmpricing.domain
for module in pkgutil.walk_packages(llmpricing.domain.__path__, "llmpricing.domain."):
    __import__(module.name)
print("\\n".join(set(sys.modules) - before))
"""

SERVER = """
import sys
import llmpricing.models, llmpricing.web.held_book, llmpricing.web.routes, llmpricing.services.schema
import llmpricing.web.server, llmpricing.web.ready_feeds
llmpricing.services.schema.expected()
print("\\n".join(sys.modules))
"""


def test_what_serves_comes_without_what_runs_migrations_and_without_arrow() -> None:
    loaded = subprocess.run([sys.executable, "-c", SERVER], capture_output=True, text=True, check=True).stdout.split()
    assert "sqlalchemy" in loaded
    assert "llmpricing.book.file" in loaded
    assert {"alembic", "mako", "numpy", "pyarrow"}.isdisjoint(loaded)  # the last two take 36 MiB


def test_the_whole_domain_comes_without_pyramid_the_database_or_the_cache() -> None:
    loaded = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True).stdout.split()
    packages = {name.partition(".")[0] for name in loaded}
    assert "llmpricing" in packages
    assert packages.isdisjoint({"pyramid", "webob", "waitress", "sqlalchemy", "psycopg2", "redis", "numpy", "pyarrow"})
    assert len(loaded) < 300  # 532 with Pyramid
