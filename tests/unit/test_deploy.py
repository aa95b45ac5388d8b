"""What deploy/ holds fits the code: commands, settings, probes, files and names of metrics."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from setuptools.config.setupcfg import read_configuration

from llmpricing.scripts.cli import COMMANDS
from llmpricing.settings import describe
from tests.unit.test_compose_file import compose

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text("utf-8")
COMPOSE_FILE = DEPLOY / "compose.production.yml"
SECRETS = {f"LLMPRICING_{name}_PASSWORD": name.lower() for name in ("OWNER", "SERVING", "REDIS")}
PROGRAMS = {"llmpricing", "initialize_llmpricing_db"}


def composed() -> dict[str, Any]:
    answer = compose("--format", "json", file=COMPOSE_FILE, **SECRETS)
    assert (answer.returncode, answer.stderr) == (0, "")
    services: dict[str, Any] = json.loads(answer.stdout)["services"]
    return services


def pods() -> Iterator[dict[str, Any]]:
    for document in yaml.safe_load_all((DEPLOY / "kubernetes.yml").read_text("utf-8")):
        spec = document["spec"]
        template = spec.get("jobTemplate", {}).get("spec", spec).get("template")
        if template:
            yield template["spec"]


def commands() -> Iterator[list[str]]:
    """Every line of deploy/ that starts a program of ours."""
    yield json.loads(re.findall(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)[-1])
    for pod in pods():
        yield from (container["command"] for container in pod["containers"])
    for service in composed().values():
        line = " ".join(service.get("command") or ())
        yield from (shlex.split(found) for found in re.findall(r"(?:initialize_llm|llm)pricing[\w -]*\.ini", line))
    for unit in DEPLOY.glob("*.service"):
        line = re.findall(r"^ExecStart=/srv/llmpricing/\.venv/bin/(.*)$", unit.read_text("utf-8"), re.MULTILINE)
        yield shlex.split(line[0])


def test_every_program_and_command_is_there() -> None:
    found = list(commands())
    assert len(found) >= 9
    for program, *words in found:
        assert program in PROGRAMS
        assert program != "llmpricing" or words[0] in COMMANDS


def test_the_image_is_made_of_files_that_are_there_and_runs_as_nobody_special() -> None:
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE)
    assert all((ROOT / name).exists() for line in copied for name in line.split())
    extras = re.findall(r"whl\)\[([\w,]+)\]", DOCKERFILE)[0].split(",")
    assert set(extras) <= set(read_configuration(ROOT / "setup.cfg")["options"]["extras_require"])
    assert re.findall(r"^USER (.*)$", DOCKERFILE, re.MULTILINE) == ["10001"]
    pattern, written = re.findall(r"sed 's/(.*)/(.*)/'", DOCKERFILE)[0]
    ini = ConfigParser(interpolation=None)
    ini.read_string(re.sub(pattern, written, (ROOT / "production.ini").read_text("utf-8"), flags=re.MULTILINE))
    assert ini["server:main"]["listen"] == "0.0.0.0:6543"


def test_every_setting_that_is_named_exists() -> None:
    known = {name for _, name, _, _ in describe()} | SECRETS.keys()
    for file in filter(Path.is_file, DEPLOY.iterdir()):
        assert set(re.findall(r"LLMPRICING_\w+", file.read_text("utf-8"))) <= known, file.name


@pytest.mark.parametrize("left_out", SECRETS)
def test_compose_starts_nothing_without_a_password(left_out: str) -> None:
    given = {name: value for name, value in SECRETS.items() if name != left_out}
    answer = compose("--quiet", file=COMPOSE_FILE, **given)
    assert answer.returncode != 0
    assert f"{left_out} is missing a value: set it in deploy/.env" in answer.stderr


def test_compose_prepares_imports_and_then_serves_as_the_lesser_role() -> None:
    services = composed()
    assert services["first-import"]["depends_on"]["prepare"]["condition"] == "service_completed_successfully"
    assert services["server"]["depends_on"]["first-import"]["condition"] == "service_completed_successfully"
    ours = {name: one for name, one in services.items() if "build" in one}
    roles = {name: one["environment"]["LLMPRICING_DATABASE_URL"].partition(":owner@")[1] for name, one in ours.items()}
    assert [name for name, owner in roles.items() if owner] == ["prepare"]
    assert all(one["read_only"] and one["cap_drop"] == ["ALL"] for one in ours.values())
    assert [port["host_ip"] for one in services.values() for port in one.get("ports", ())] == ["127.0.0.1"]


def test_pods_are_nobody_special_and_write_to_no_root() -> None:
    found = list(pods())
    assert len(found) == 3
    for pod in found:
        assert pod["securityContext"]["runAsNonRoot"]
        assert all(one["securityContext"]["readOnlyRootFilesystem"] for one in pod["containers"])


@pytest.mark.parametrize("file", ["alerts.yml", "grafana.json"])
def test_every_metric_that_is_asked_for_is_told(file: str) -> None:
    code = "\n".join(path.read_text("utf-8") for path in (ROOT / "llmpricing/web").glob("*metric*.py"))
    told = {f"llmpricing_{name}" for name in re.findall(r'_gauge\(\s*"(\w+)"', code)}
    told |= set(re.findall(r'"(llmpricing_\w+)"', code))
    asked = set(re.findall(r"\bllmpricing_\w+", (DEPLOY / file).read_text("utf-8")))
    assert len(asked) >= 6
    assert {re.sub(r"_(bucket|total)$", "", name) for name in asked} <= told


def expressions(found: Any) -> Iterator[str]:
    """Every expression of PromQL in a document, however deep."""
    if isinstance(found, dict):
        yield from (value for name, value in found.items() if name == "expr")
        found = list(found.values())
    if isinstance(found, list):
        for inner in found:
            yield from expressions(inner)


@pytest.mark.parametrize(("file", "read"), [("alerts.yml", yaml.safe_load), ("grafana.json", json.loads)])
def test_every_expression_is_read_by_prometheus_and_asks_for_labels_that_are_told(file: str, read: Any) -> None:
    import promql_parser  # here, so that an environment without it can run the others

    page = (ROOT / "docs/metrics.md").read_text("utf-8")
    told = {
        label
        for cell in re.findall(r"^\| `llmpricing_\w+`.*?\|(.*?)\|", page, re.MULTILINE)
        for label in cell.split("`")
    }
    found = list(expressions(read((DEPLOY / file).read_text("utf-8"))))
    assert len(found) >= 6
    for one in found:
        promql_parser.parse(one)
        labels = re.findall(r"by \(([\w, ]+)\)", one) + re.findall(r"\{(\w+)=", one)
        assert {label for group in labels for label in group.split(", ")} <= told | {"le"}, one
    for broken in ("sum(rate(llmpricing_requests_total)) > 1", "llmpricing_database_up = 0"):
        with pytest.raises(ValueError, match=r"."):
            promql_parser.parse(broken)


def test_each_alert_says_what_is_wrong_and_what_to_do() -> None:
    rules = yaml.safe_load((DEPLOY / "alerts.yml").read_text("utf-8"))["groups"][0]["rules"]
    assert all(rule["annotations"].keys() == {"summary", "next"} for rule in rules)
