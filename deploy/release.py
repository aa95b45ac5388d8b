"""What a release tells of its contents, out of pip's own report: an SBOM, and requirements with their hashes.

    pip install --dry-run --ignore-installed --report report.json ... dist/llmpricing-VERSION-py3-none-any.whl
    python deploy/release.py report.json dist

`make release` does both. The hashes are those of the files that pip chose here: for one platform and Python.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def version_to_release(changelog: str, setup: str) -> str:
    """The version of setup.cfg; SystemExit where the changelog has no entry for it."""
    version = re.findall(r"^version = (\S+)$", setup, re.MULTILINE)[0]
    if not re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", changelog, re.MULTILINE):
        raise SystemExit(
            f"CHANGELOG.md has no entry for {version}. Next: name what is under [Unreleased] "
            f"## [{version}] - YYYY-MM-DD, or raise version in setup.cfg."
        )
    return version


def packages(report: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Name, version and SHA-256 of each file that the installation takes, our own left out; in order."""
    found = []
    for one in report["install"]:
        name = re.sub(r"[-_.]+", "-", one["metadata"]["name"]).lower()
        if name != "llmpricing":
            found.append((name, one["metadata"]["version"], one["download_info"]["archive_info"]["hashes"]["sha256"]))
    return sorted(found)


def requirements(found: list[tuple[str, str, str]]) -> str:
    """For ``pip install --require-hashes -r``."""
    return "".join(f"{name}=={version} --hash=sha256:{digest}\n" for name, version, digest in found)


def sbom(version: str, wheel_sha256: str, found: list[tuple[str, str, str]]) -> dict[str, Any]:
    """CycloneDX 1.5: the wheel, and all that is installed with it."""
    own = {"type": "application", "name": "llmpricing", "version": version, "bom-ref": "llmpricing"}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": own | {"hashes": [{"alg": "SHA-256", "content": wheel_sha256}]}},
        "components": [
            {
                "type": "library",
                "name": name,
                "version": number,
                "purl": f"pkg:pypi/{name}@{number}",
                "bom-ref": f"pkg:pypi/{name}@{number}",
                "hashes": [{"alg": "SHA-256", "content": digest}],
            }
            for name, number, digest in found
        ],
    }


def main(report: Path, folder: Path) -> None:
    """Write the three files beside the wheel."""
    version = version_to_release((ROOT / "CHANGELOG.md").read_text("utf-8"), (ROOT / "setup.cfg").read_text("utf-8"))
    wheel = folder / f"llmpricing-{version}-py3-none-any.whl"
    found = packages(json.loads(report.read_text("utf-8")))
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (folder / "requirements.txt").write_text(requirements(found), "utf-8")
    (folder / "sbom.cdx.json").write_text(json.dumps(sbom(version, digest, found), indent=1) + "\n", "utf-8")
    sums = [
        (hashlib.sha256((folder / name).read_bytes()).hexdigest(), name)
        for name in (wheel.name, "requirements.txt", "sbom.cdx.json")
    ]
    (folder / "SHA256SUMS").write_text("".join(f"{digest}  {name}\n" for digest, name in sums), "utf-8")
    print(f"Released into {folder}: llmpricing {version} and {len(found)} packages. Check: sha256sum -c SHA256SUMS")


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        version_to_release((ROOT / "CHANGELOG.md").read_text("utf-8"), (ROOT / "setup.cfg").read_text("utf-8"))
    else:
        main(*map(Path, sys.argv[1:]))
