"""What a release tells of its contents is what pip would install, and a version without a changelog is none."""

from __future__ import annotations

import importlib.util
import io
import re
import tarfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SETUP = "[metadata]\nname = llmpricing\nversion = 1.2.0\n"
REPORT = {
    "install": [
        {
            "metadata": {"name": name, "version": version},
            "download_info": {"archive_info": {"hashes": {"sha256": digest}}},
        }
        for name, version, digest in (
            ("Zope.SQLAlchemy", "4.1", "b" * 64),
            ("llmpricing", "1.2.0", "c" * 64),
            ("anyio", "4", "a" * 64),
        )
    ]
}


@pytest.fixture(scope="module")
def release() -> Any:
    spec = importlib.util.spec_from_file_location("release", ROOT / "deploy/release.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_requirements_bear_the_hash_of_each_package_and_not_our_own(release: Any) -> None:
    assert release.requirements(release.packages(REPORT)) == (
        f"anyio==4 --hash=sha256:{'a' * 64}\nzope-sqlalchemy==4.1 --hash=sha256:{'b' * 64}\n"
    )


def test_the_sbom_names_the_wheel_and_every_package_once(release: Any) -> None:
    told = release.sbom("1.2.0", "d" * 64, release.packages(REPORT))
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.5")
    assert told["metadata"]["component"]["hashes"][0]["content"] == "d" * 64
    assert [one["purl"] for one in told["components"]] == ["pkg:pypi/anyio@4", "pkg:pypi/zope-sqlalchemy@4.1"]


def test_an_image_is_built_of_the_wheel_and_of_files_with_known_hashes(release: Any) -> None:
    wheel = "llmpricing-1.2.0-py3-none-any.whl"
    dockerfile = release.image_dockerfile((ROOT / "deploy/Dockerfile").read_text("utf-8"), wheel, "3.12")
    copied = {name for line in re.findall(r"^COPY (?!--from)(.*) \S+$", dockerfile, re.M) for name in line.split()}
    assert copied == {"requirements.txt", wheel, "production.ini"}
    assert "--require-hashes -r requirements.txt" in dockerfile
    assert re.findall(r"^USER (.*)$", dockerfile, re.MULTILINE) == ["10001"]
    assert "deploy/Dockerfile" not in dockerfile
    assert set(re.findall(r"^FROM python:([\d.]+)-", dockerfile, re.MULTILINE)) == {"3.12"}
    with pytest.raises(SystemExit, match="Next: "):
        release.image_dockerfile("FROM scratch\n", wheel, "3.12")


def test_the_folder_of_an_image_is_the_same_bytes_whenever_it_is_packed(release: Any) -> None:
    files = {"b": b"2", "a": b"1"}
    packed = release.image_context(files)
    assert packed == release.image_context(dict(sorted(files.items())))
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        assert {one.name: tar.extractfile(one).read() for one in tar} == files  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "changelog", ["## [Unreleased]\n", "## [1.2.0]\n", "## [1x2.0] - 2026-01-01\n", "[1.2.0]: https://x\n"]
)
def test_a_version_without_a_dated_entry_is_not_released(release: Any, changelog: str) -> None:
    with pytest.raises(SystemExit, match=r"CHANGELOG\.md has no entry for 1\.2\.0\. Next: "):
        release.version_to_release(changelog, SETUP)
    assert release.version_to_release(changelog + "## [1.2.0] - 2026-11-27\n", SETUP) == "1.2.0"
