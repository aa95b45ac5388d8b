"""The compose file starts the stores of development.ini; the real Compose reads it, no engine needed."""

import configparser
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

COMPOSE_FILE = Path(__file__).parents[2] / "docker-compose.yml"
COMPOSE = Path(sys.executable).parent / "docker-compose"


def compose(*arguments: str, file: Path = COMPOSE_FILE, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Compose's own reading of the file, as a shell with only these variables set would."""
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **variables}
    command = [COMPOSE, "--env-file", os.devnull, "--file", file, "config", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def services(**variables: str) -> dict[str, Any]:
    answer = compose("--format", "json", **variables)
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)["services"]


def test_compose_accepts_the_file_without_a_word():
    answer = compose("--quiet")
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("retries: 5", "retires: 5"),
        ("- pgdata:/var", "- pgdata2:/var"),
        ("interval: 10s", "interval: often"),
        ("}:5432", "}:postgres"),
    ],
    ids=["unknown key", "undefined volume", "interval without a unit", "port that is no number"],
)
def test_compose_refuses_a_broken_variant(tmp_path: Path, right: str, wrong: str):
    text = COMPOSE_FILE.read_text()
    assert right in text
    broken = tmp_path / "docker-compose.yml"
    broken.write_text(text.replace(right, wrong, 1))
    assert compose("--quiet", file=broken).returncode != 0


def test_postgres_is_timescaledb_with_the_role_and_database_of_development_ini():
    postgres = services()["postgres"]
    assert postgres["image"] == "timescale/timescaledb:2.13.0-pg16"
    assert postgres["environment"] == {
        "POSTGRES_USER": "llmpricing",
        "POSTGRES_PASSWORD": "dev_password",
        "POSTGRES_DB": "llmpricing_dev",
        "TIMESCALEDB_TELEMETRY": "off",
    }
    assert [(v["type"], v["source"], v["target"]) for v in postgres["volumes"]] == [
        ("volume", "pgdata", "/var/lib/postgresql/data")
    ]


def test_redis_keeps_its_data_in_a_volume_and_asks_for_no_password():
    redis = services()["redis"]
    assert redis["image"] == "redis:7-alpine"
    assert redis["command"] is None
    assert [(v["type"], v["source"], v["target"]) for v in redis["volumes"]] == [("volume", "redisdata", "/data")]


@pytest.mark.parametrize(
    ("service", "command"),
    [
        ("postgres", ["CMD-SHELL", "pg_isready -U llmpricing -d llmpricing_dev"]),
        ("redis", ["CMD", "redis-cli", "ping"]),
    ],
)
def test_each_store_is_asked_every_ten_seconds_whether_it_is_well(service: str, command: list[str]):
    expected = {"test": command, "interval": "10s", "timeout": "5s", "retries": 5}
    assert services()[service]["healthcheck"] == expected


def test_the_urls_of_development_ini_lead_to_these_stores():
    ini = configparser.RawConfigParser()
    ini.read(COMPOSE_FILE.with_name("development.ini"))
    database, redis = (urlsplit(ini["app:main"][key]) for key in ("sqlalchemy.url", "redis.url"))
    stores = services()
    expected = stores["postgres"]["environment"]
    assert database.username == expected["POSTGRES_USER"]
    assert database.password == expected["POSTGRES_PASSWORD"]
    assert database.path == "/" + expected["POSTGRES_DB"]
    published = [stores[name]["ports"][0]["published"] for name in ("postgres", "redis")]
    assert [str(database.port), str(redis.port)] == published


@pytest.mark.parametrize(("service", "port"), [("postgres", 5432), ("redis", 6379)])
def test_each_store_answers_on_this_machine_only(service: str, port: int):
    published = [(p["host_ip"], p["published"], p["target"]) for p in services()[service]["ports"]]
    assert published == [("127.0.0.1", str(port), port)]


def test_the_environment_moves_the_ports_and_names():
    moved = services(
        LLMPRICING_POSTGRES_PORT="15432",
        LLMPRICING_POSTGRES_USER="somebody",
        LLMPRICING_POSTGRES_PASSWORD="something",
        LLMPRICING_POSTGRES_DB="elsewhere",
        LLMPRICING_REDIS_PORT="16379",
    )
    postgres, redis = moved["postgres"], moved["redis"]
    assert [(p["host_ip"], p["published"], p["target"]) for p in postgres["ports"]] == [("127.0.0.1", "15432", 5432)]
    assert [(p["host_ip"], p["published"], p["target"]) for p in redis["ports"]] == [("127.0.0.1", "16379", 6379)]
    assert postgres["healthcheck"]["test"] == ["CMD-SHELL", "pg_isready -U somebody -d elsewhere"]
    names = [postgres["environment"][key] for key in ("POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB")]
    assert names == ["somebody", "something", "elsewhere"]
