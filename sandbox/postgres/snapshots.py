"""Copies of a server's data, and servers created from them."""

import pwd
import shutil
from pathlib import Path

from sandbox import SandboxError
from sandbox.postgres.configuration import USUAL, Endpoint
from sandbox.postgres.programs import OS_USER
from sandbox.postgres.server import Server


class SnapshotServer(Server):
    """A server whose data can be copied, or comes from such a copy."""

    @classmethod
    def restore(
        cls, name: str, host: str, version: str, files: Path, endpoint: Endpoint = USUAL
    ) -> "SnapshotServer":
        """Create a server with the data of a snapshot, and start it."""
        if not files.exists():
            raise SandboxError(f"snapshot {files.name} has no files")
        server = cls(name)
        server._prepare(host, version, True, {}, endpoint)
        target = server._directory / "new"
        shutil.copytree(files, target, symlinks=True)
        (target / "postmaster.pid").unlink(missing_ok=True)
        for path in (target, *target.rglob("*")):
            shutil.chown(path, OS_USER, pwd.getpwnam(OS_USER).pw_gid)
        target.chmod(0o700)
        server._activate()
        return server

    def snapshot(self, target: Path) -> None:
        """Stop the server and copy its data; the copy appears under its name once complete."""
        self.require()
        self.stop()
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{target.name}.new")
        # A killed process may have left files that no account lists.
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self._directory / "data", partial, symlinks=True)
        partial.rename(target)
