"""Programs say what they lack where llmpricing was installed without its dependencies."""

from __future__ import annotations

import subprocess
import sys

import pytest

WITHOUT = "import sys; sys.modules[{module!r}] = None; from llmpricing.scripts.program import {name}; {name}()"


@pytest.mark.parametrize(
    ("name", "module", "words"),
    [
        ("llmpricing", "click", ()),
        ("llmpricing", "sqlalchemy", ("import", "list")),
        ("initialize", "sqlalchemy", ()),
    ],
)
def test_a_program_without_its_packages_says_which_in_one_line_and_how_to_get_them(
    name: str, module: str, words: tuple[str, ...]
) -> None:
    program = WITHOUT.format(module=module, name=name)
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=False)
    said, step = done.stderr.splitlines()
    assert (done.returncode, said) == (
        1,
        f"The command line needs {module}, which is not installed: llmpricing lies here without its dependencies.",
    )
    assert step.startswith("Next: pip install 'llmpricing[seed,bulk]'")
