"""A price book's file where few packages are installed: a program for a process of its own, which refuses all others.

    python tests/thin_use.py FILE [MODULE ...]   # MODULEs are let through too

Prints what a quote costs and what a batch of Arrow does.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

NEEDED = {"llmpricing", "msgspec", "numpy", "pyarrow", "re2", "_re2"}


class OthersRefused(MetaPathFinder):
    """As if nothing were installed but some modules and Python's own."""

    def __init__(self, let_through: Sequence[str]) -> None:
        self._known = NEEDED | set(let_through) | set(sys.stdlib_module_names)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """None, so that who comes next finds it; raises ModuleNotFoundError for what is not let through."""
        del path, target
        if name.partition(".")[0] not in self._known and not name.startswith("_"):
            raise ModuleNotFoundError(f"No module named {name!r}: it is refused here", name=name)
        return None


def main(file: str, let_through: Sequence[str]) -> None:
    """Ask all that ``Pricer`` can."""
    sys.meta_path.insert(0, OthersRefused(let_through))
    from llmpricing import Inquiry, Pricer
    from llmpricing.engines import spark

    pricer = Pricer.open(file)
    usage = {"prompt_tokens": 2000, "completion_tokens": 700, "prompt_tokens_details": {"cached_tokens": 600}}
    quoted = pricer.quote("openai/gpt-4o", usage, at="2025-08-15")
    (again,) = pricer.quote_many([Inquiry("openai/gpt-4o", usage, "2025-08-15")])
    assert again.total == quoted.total, (again, quoted)
    assert pricer.resolve("gpt-4o", provider="openai").slug == "openai/gpt-4o"
    assert callable(spark.price)
    print(quoted.total.normalize())

    import pyarrow as pa  # as a notebook does that has batches

    row = {"model": "openai/gpt-4o", "at": "2025-08-15T00:00:00Z", "input_tokens": 2000, "output_tokens": 700}
    unknown = row | {"model": "nobody/nothing"}
    batch = pa.RecordBatch.from_pylist([row, unknown])
    for priced in pricer.price_batches([batch]):
        print(*(cost if cost is None else cost.normalize() for cost in priced.column("cost").to_pylist()))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
