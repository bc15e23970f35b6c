"""What each command does; modules are imported by those that need them, to start at once."""

import getpass
import shlex
import sys

from sandbox import SandboxError, paths


def check() -> int:
    """Say all that the machine lacks."""
    from sandbox import prerequisites

    return prerequisites.main()


def setup() -> int | None:
    """Install and build what is missing."""
    from sandbox import image_store, images, lock, prerequisites, repository
    from sandbox.tools import build

    if code := prerequisites.main():
        return code
    prerequisites.install_packages()
    build.ensure(_say)
    with lock.exclusive("images", wait=True, directory=paths.HOME):
        repository.build()
        images.build()
        image_store.prepare()
    return None


def up(nodes: int | None = None) -> None:
    """Bring everything up."""
    from sandbox import cluster

    cluster.up(nodes, _say)


def down() -> None:
    """End everything."""
    from sandbox import cluster

    cluster.down()


def status() -> int:
    """Say what runs; the exit code says whether anything does."""
    from sandbox import cluster, namespace

    print(cluster.status())
    return 0 if namespace.pid() else 1


def wipe() -> None:
    """Delete the cluster."""
    from sandbox import cluster

    cluster.wipe()
    _say("the cluster is gone; `python -m sandbox up` makes a new one")


def env() -> None:
    """Print a shell's exports."""
    print(f"export KUBECONFIG={shlex.quote(str(paths.KUBECONFIG))}")
    print(f'export PATH={shlex.quote(str(paths.BIN))}:"$PATH"')


def pulumi(arguments: list[str]) -> int:
    """Run the Pulumi CLI on the sandbox."""
    from sandbox import pulumi

    return pulumi.run(arguments)


def recover(stack: str) -> int | None:
    """Put right what a killed update left."""
    from sandbox import pulumi

    return pulumi.recover(stack)


def show(stack: str) -> int | None:
    """Say where Coder answers."""
    from sandbox import pulumi

    return pulumi.show(stack)


def latency(host: str, milliseconds: str) -> None:
    """Add latency between pods and a database, or end it."""
    from sandbox.latency import set_latency

    if milliseconds == "off":
        set_latency(host, None)
        return
    try:
        wanted = float(milliseconds)
    except ValueError:
        raise SandboxError(f"latency {milliseconds!r}: it must be milliseconds, or off") from None
    set_latency(host, wanted)


def stop_node(name: str) -> None:
    """Switch a node off."""
    from sandbox import cluster, topology

    cluster.stop_nodes([topology.named(name)])


def start_node(name: str) -> None:
    """Switch a node on."""
    from sandbox import cluster, topology

    cluster.start_nodes([topology.named(name)])


def stop_zone(name: str) -> None:
    """Switch a zone's nodes off."""
    from sandbox import cluster, topology

    cluster.stop_nodes(topology.in_zone(name))


def start_zone(name: str) -> None:
    """Switch a zone's nodes on."""
    from sandbox import cluster, topology

    cluster.start_nodes(topology.in_zone(name))


def list_postgres() -> None:
    """Say which PostgreSQL servers there are."""
    from sandbox import postgres

    for server in postgres.servers():
        print(server.describe())


def create_postgres(name: str, host: str, username: str, version: str) -> None:
    """Make a PostgreSQL server."""
    from sandbox.postgres import Server

    terminal = sys.stdin.isatty()
    password = getpass.getpass() if terminal else sys.stdin.readline().rstrip("\n")
    if not password:
        raise SandboxError("no password: give the administrator's on standard input")
    server = Server.create(name, host, username=username, password=password, version=version)
    print(server.describe())


def start_postgres(name: str) -> None:
    """Start a PostgreSQL server."""
    from sandbox.postgres import Server

    Server(name).start()


def stop_postgres(name: str) -> None:
    """Stop a PostgreSQL server."""
    from sandbox.postgres import Server

    Server(name).stop()


def delete_postgres(name: str) -> None:
    """Delete a PostgreSQL server."""
    from sandbox.postgres import Server

    Server(name).delete()


def _say(text: str) -> None:
    print(text, flush=True)
