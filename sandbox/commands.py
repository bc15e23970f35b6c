"""The commands. Each imports the modules that it needs, so that the command line starts fast."""

import getpass
import shlex
import sys

from sandbox import SandboxError
from sandbox.machine import paths


def check() -> int:
    """Report what the machine lacks."""
    from sandbox.machine import prerequisites

    return prerequisites.main()


def setup() -> int | None:
    """Install missing packages, build missing programs and images."""
    from sandbox.cluster import chart_repository, image_store, images
    from sandbox.machine import lock, prerequisites
    from sandbox.tools import build

    if code := prerequisites.main():
        return code
    prerequisites.install_packages()
    build.ensure(_print)
    with lock.exclusive("images", wait=True, directory=paths.HOME):
        chart_repository.build()
        images.build()
        image_store.prepare()
    return None


def up(nodes: int | None = None) -> None:
    """Start the sandbox."""
    from sandbox import lifecycle
    from sandbox.engine import home

    home.refuse_other_version()
    lifecycle.up(nodes, _print)


def down() -> None:
    """Stop the sandbox."""
    from sandbox import lifecycle

    lifecycle.down()


def status() -> int:
    """List services and database servers; the exit code is 1 if the sandbox is not running."""
    from sandbox import lifecycle
    from sandbox.machine import namespaces

    print(lifecycle.status())
    return 0 if namespaces.init_pid() else 1


def wipe() -> None:
    """Delete the cluster."""
    from sandbox import lifecycle

    lifecycle.wipe()
    _print("the cluster is deleted; `python -m sandbox up` creates a new one")


def env() -> None:
    """Print shell exports for kubectl, helm and pulumi."""
    print(f"export KUBECONFIG={shlex.quote(str(paths.KUBECONFIG))}")
    print(f'export PATH={shlex.quote(str(paths.BIN))}:"$PATH"')


def pulumi(arguments: list[str]) -> int:
    """Run the Pulumi CLI in the sandbox."""
    from sandbox.engine import cli

    return cli.run(arguments)


def recover(stack: str) -> int | None:
    """Repair a stack after a killed update."""
    from sandbox.engine import recovery

    return recovery.recover(stack)


def show(stack: str) -> int | None:
    """Print Coder's URL and how to inspect it."""
    from sandbox.engine import cli

    return cli.show(stack)


def latency(host: str, milliseconds: str) -> None:
    """Add latency between pods and a database, or remove it."""
    from sandbox.postgres.latency import set_latency

    if milliseconds == "off":
        set_latency(host, None)
        return
    try:
        number = float(milliseconds)
    except ValueError:
        raise SandboxError(
            f"the latency is {milliseconds!r}, but must be a number of milliseconds, or off"
        ) from None
    set_latency(host, number)


def stop_node(name: str) -> None:
    """Stop a node."""
    from sandbox import lifecycle
    from sandbox.cluster import topology

    lifecycle.stop_nodes([topology.find_node(name)])


def start_node(name: str) -> None:
    """Start a node."""
    from sandbox import lifecycle
    from sandbox.cluster import topology

    lifecycle.start_nodes([topology.find_node(name)])


def stop_zone(name: str) -> None:
    """Stop all nodes of a zone."""
    from sandbox import lifecycle
    from sandbox.cluster import topology

    lifecycle.stop_nodes(topology.nodes_in_zone(name))


def start_zone(name: str) -> None:
    """Start all nodes of a zone."""
    from sandbox import lifecycle
    from sandbox.cluster import topology

    lifecycle.start_nodes(topology.nodes_in_zone(name))


def event(cloud: str, event: str, instance: str, snapshot: str = "") -> None:
    """Trigger an event on an instance of a simulated cloud."""
    from sandbox.providers import clouds
    from sandbox.providers.cloud import events
    from sandbox.providers.framework.errors import Failure

    try:
        print(events.trigger(clouds.named(cloud), event, instance, *filter(None, [snapshot])))
    except Failure as error:
        raise SandboxError(str(error)) from error


def list_postgres() -> None:
    """List the PostgreSQL servers."""
    from sandbox.postgres import servers

    for server in servers.servers():
        print(server.describe())


def create_postgres(name: str, host: str, username: str, version: str) -> None:
    """Create a PostgreSQL server."""
    from sandbox.postgres.server import Server

    is_terminal = sys.stdin.isatty()
    password = getpass.getpass() if is_terminal else sys.stdin.readline().rstrip("\n")
    if not password:
        raise SandboxError("no password; give the administrator's password on standard input")
    server = Server.create(name, host, username=username, password=password, version=version)
    print(server.describe())


def start_postgres(name: str) -> None:
    """Start a PostgreSQL server."""
    from sandbox.postgres.server import Server

    Server(name).start()


def stop_postgres(name: str) -> None:
    """Stop a PostgreSQL server."""
    from sandbox.postgres.server import Server

    Server(name).stop()


def delete_postgres(name: str) -> None:
    """Delete a PostgreSQL server."""
    from sandbox.postgres.server import Server

    Server(name).delete()


def _print(text: str) -> None:
    print(text, flush=True)
