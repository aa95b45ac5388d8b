"""What a release tells of its contents, out of pip's own report: an SBOM, requirements with their hashes, and the
folder that its image is built in.

    pip install --dry-run --ignore-installed --report report.json ... dist/llmpricing-VERSION-py3-none-any.whl
    python deploy/release.py report.json dist

`make release` does both. The hashes are those of the files that pip chose here: for one platform and Python,
which are the image's too.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import sys
import tarfile
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


def image_dockerfile(dockerfile: str, wheel: str, python: str) -> str:
    """The repository's Dockerfile, made to install the released wheel and what goes with it, on that Python."""
    installed = (
        f"COPY requirements.txt {wheel} ./\n"
        "RUN python -m venv /opt/llmpricing \\\n"
        "    && /opt/llmpricing/bin/pip install --no-cache-dir --require-hashes -r requirements.txt \\\n"
        f"    && /opt/llmpricing/bin/pip install --no-cache-dir --no-deps {wheel}\n"
    )
    intro = "# The image of one release, from this folder alone:\n#   docker build -t llmpricing .\n"
    for pattern, words in (
        (r"\A.*?(?=^# Settings)", intro),
        (r"^COPY setup\.cfg .*?(?=^COPY production\.ini )", installed),
        (r"(?<=^FROM python:)[\d.]+(?=-.* AS build$)", python),
        (r"(?<=^FROM python:)[\d.]+(?=-\S+$)", python),
    ):
        dockerfile, times = re.subn(pattern, lambda _, words=words: words, dockerfile, flags=re.M | re.S)
        if times != 1:
            raise SystemExit(f"deploy/Dockerfile holds {pattern} {times} times. Next: mend image_dockerfile.")
    return dockerfile


def image_context(files: dict[str, bytes]) -> bytes:
    """A folder to build an image in, packed; the same files give the same bytes."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as zipped, tarfile.open(fileobj=zipped, mode="w") as tar:
        for name, data in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o644
            tar.addfile(entry, io.BytesIO(data))
    return packed.getvalue()


def main(report: Path, folder: Path) -> None:
    """Write what belongs to the wheel beside it, and the digests of all."""
    version = version_to_release((ROOT / "CHANGELOG.md").read_text("utf-8"), (ROOT / "setup.cfg").read_text("utf-8"))
    wheel = folder / f"llmpricing-{version}-py3-none-any.whl"
    found = packages(json.loads(report.read_text("utf-8")))
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (folder / "requirements.txt").write_text(requirements(found), "utf-8")
    (folder / "sbom.cdx.json").write_text(json.dumps(sbom(version, digest, found), indent=1) + "\n", "utf-8")
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    dockerfile = image_dockerfile((ROOT / "deploy/Dockerfile").read_text("utf-8"), wheel.name, python)
    context = {
        "Dockerfile": dockerfile.encode(),
        "requirements.txt": (folder / "requirements.txt").read_bytes(),
        "production.ini": (ROOT / "production.ini").read_bytes(),
        wheel.name: wheel.read_bytes(),
    }
    image = f"llmpricing-{version}-image.tar.gz"
    (folder / image).write_bytes(image_context(context))
    sums = [
        (hashlib.sha256((folder / name).read_bytes()).hexdigest(), name)
        for name in (wheel.name, image, "requirements.txt", "sbom.cdx.json")
    ]
    (folder / "SHA256SUMS").write_text("".join(f"{digest}  {name}\n" for digest, name in sums), "utf-8")
    print(f"Released into {folder}: llmpricing {version} and {len(found)} packages. Check: sha256sum -c SHA256SUMS")


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        version_to_release((ROOT / "CHANGELOG.md").read_text("utf-8"), (ROOT / "setup.cfg").read_text("utf-8"))
    else:
        main(*map(Path, sys.argv[1:]))
