"""Which files a folder on the command line means."""

from __future__ import annotations

from pathlib import Path

from llmpricing.scripts.usage_paths import usage_paths


def test_a_folder_means_what_may_hold_usage_and_an_export_of_cloudwatch(tmp_path: Path) -> None:
    kept = [
        "a.csv",
        "b.json.gz",
        "c.ndjson.zst",
        "d.csv.zip",
        "e.csv.bz2",
        "f.jsonl.xz",
        "export/0a1b/stream/000000.gz",
    ]
    others = ["notes.txt", "aws-logs-write-test", "backup.gz", "g.tar.gz", "photos.zip"]
    for name in (*kept, *others):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    with usage_paths([str(tmp_path)]) as (found, is_folder):
        assert is_folder
        assert found == sorted(tmp_path / name for name in kept)
