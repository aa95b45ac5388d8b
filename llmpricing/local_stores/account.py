"""Who runs the servers: the person at the keyboard, or user nobody when that is root (PostgreSQL refuses root)."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmpricing.local_stores.errors import StoreError


@dataclass(frozen=True)
class Account:
    """A user id and its group; ``switch`` is true where processes must change to it."""

    uid: int
    gid: int
    switch: bool

    def process_options(self) -> dict[str, Any]:
        """Arguments that make subprocess start a program as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}

    def make_private(self, folder: Path) -> None:
        """Create the folder if needed and give it, and it alone, to this account (mode 0700)."""
        folder.mkdir(mode=0o700, exist_ok=True)
        owner = folder.lstat().st_uid
        if folder.is_symlink() or owner not in ((0, self.uid) if self.switch else (self.uid,)):
            raise StoreError(
                f"{folder} belongs to another user (id {owner}), so it cannot be used.\n"
                f"Next: run the command as that user, or give the folder to yourself: sudo chown -R $USER {folder}"
            )
        if owner != self.uid:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, self.uid, self.gid, follow_symlinks=False)
        folder.chmod(0o700)

    def can_enter(self, folder: Path) -> bool:
        """Whether this account reaches the folder; found out by trying, so that every kind of permission counts."""
        if not self.switch:
            return True
        command = ["/bin/sh", "-c", 'cd -- "$0"', str(folder)]
        tried = subprocess.run(  # noqa: S603 - a fixed program
            command, cwd="/", stderr=subprocess.DEVNULL, check=False, **self.process_options()
        )
        return tried.returncode == 0


def account_for(data: Path) -> Account:
    """The account that runs a server on this data folder: oneself; as root its owner or its place's, else nobody."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), switch=False)
    place = next(path for path in (data, *data.parents) if path.exists()).stat()
    if place.st_uid != 0 and (data.exists() or _has_name(place.st_uid)):
        return Account(place.st_uid, place.st_gid, switch=True)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise StoreError(
            "PostgreSQL does not run as root, and this system has no user nobody to run it.\n"
            "Next: run the command as a normal user, or use Docker Compose: docker compose up -d"
        ) from None
    return Account(nobody.pw_uid, nobody.pw_gid, switch=True)


def _has_name(uid: int) -> bool:
    """Whether the user has an entry in the user database: initdb wants one."""
    try:
        return bool(pwd.getpwuid(uid))
    except KeyError:
        return False
