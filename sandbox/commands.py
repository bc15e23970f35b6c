"""What each command does; modules are imported by those that need them, to start at once."""

import getpass
import shlex
import sys

from sandbox import SandboxError
from sandbox.machine import paths


def check() -> int:
    """Say all that the machine lacks."""
    from sandbox.machine import prerequisites

    return prerequisites.main()


def setup() -> int | None:
    """Install and build what is missing."""
    from sandbox.cluster import chart_repository, image_store, images
    from sandbox.machine import lock, prerequisites
    from sandbox.tools import build

    if code := prerequisites.main():
        return code
    prerequisites.install_packages()
    build.ensure(_say)
    with lock.exclusive("images", wait=True, directory=paths.HOME):
        chart_repository.build()
        images.build()
        image_store.prepare()
    return None


def up(nodes: int | None = None) -> None:
    """Bring everything up."""
    from sandbox.cluster import lifecycle

    lifecycle.up(nodes, _say)


def down() -> None:
    """End everything."""
    from sandbox.cluster import lifecycle

    lifecycle.down()


def status() -> int:
    """Say what runs; the exit code says whether anything does."""
    from sandbox.cluster import lifecycle
    from sandbox.machine import namespace

    print(lifecycle.status())
    return 0 if namespace.pid() else 1


def wipe() -> None:
    """Delete the cluster."""
    from sandbox.cluster import lifecycle

    lifecycle.wipe()
    _say("the cluster is gone; `python -m sandbox up` makes a new one")


def env() -> None:
    """Print a shell's exports."""
    print(f"export KUBECONFIG={shlex.quote(str(paths.KUBECONFIG))}")
    print(f'export PATH={shlex.quote(str(paths.BIN))}:"$PATH"')


def pulumi(arguments: list[str]) -> int:
    """Run the Pulumi CLI on the sandbox."""
    from sandbox.engine import cli

    return cli.run(arguments)


def recover(stack: str) -> int | None:
    """Put right what a killed update left."""
    from sandbox.engine import cli

    return cli.recover(stack)


def show(stack: str) -> int | None:
    """Say where Coder answers."""
    from sandbox.engine import cli

    return cli.show(stack)


def latency(host: str, milliseconds: str) -> None:
    """Add latency between pods and a database, or end it."""
    from sandbox.postgres.latency import set_latency

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
    from sandbox.cluster import lifecycle, topology

    lifecycle.stop_nodes([topology.named(name)])


def start_node(name: str) -> None:
    """Switch a node on."""
    from sandbox.cluster import lifecycle, topology

    lifecycle.start_nodes([topology.named(name)])


def stop_zone(name: str) -> None:
    """Switch a zone's nodes off."""
    from sandbox.cluster import lifecycle, topology

    lifecycle.stop_nodes(topology.in_zone(name))


def start_zone(name: str) -> None:
    """Switch a zone's nodes on."""
    from sandbox.cluster import lifecycle, topology

    lifecycle.start_nodes(topology.in_zone(name))


def event(cloud: str, event: str, instance: str, snapshot: str = "") -> None:
    """Let something happen to an instance of a simulated cloud that Pulumi does not ask for."""
    from sandbox.providers import clouds
    from sandbox.providers.cloud import events
    from sandbox.providers.framework.errors import Failure

    try:
        print(events.trigger(clouds.named(cloud), event, instance, *filter(None, [snapshot])))
    except Failure as error:
        raise SandboxError(str(error)) from error


def list_postgres() -> None:
    """Say which PostgreSQL servers there are."""
    from sandbox.postgres import servers

    for server in servers.servers():
        print(server.describe())


def create_postgres(name: str, host: str, username: str, version: str) -> None:
    """Make a PostgreSQL server."""
    from sandbox.postgres.servers import Server

    terminal = sys.stdin.isatty()
    password = getpass.getpass() if terminal else sys.stdin.readline().rstrip("\n")
    if not password:
        raise SandboxError("no password: give the administrator's on standard input")
    server = Server.create(name, host, username=username, password=password, version=version)
    print(server.describe())


def start_postgres(name: str) -> None:
    """Start a PostgreSQL server."""
    from sandbox.postgres.servers import Server

    Server(name).start()


def stop_postgres(name: str) -> None:
    """Stop a PostgreSQL server."""
    from sandbox.postgres.servers import Server

    Server(name).stop()


def delete_postgres(name: str) -> None:
    """Delete a PostgreSQL server."""
    from sandbox.postgres.servers import Server

    Server(name).delete()


def _say(text: str) -> None:
    print(text, flush=True)
