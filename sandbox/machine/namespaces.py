"""The sandbox's Linux namespaces: start them, run commands in them, stop them."""

import contextlib
import ipaddress
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from socket import if_nameindex
from typing import Any

from sandbox import SandboxError
from sandbox.machine import cgroups, network, paths, services

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
INIT = "sandbox.machine.init"


def environment() -> dict[str, str]:
    """The environment of processes in the sandbox, independent of the caller's environment."""
    python = Path(sys.executable).parent
    return {
        "PATH": f"{python}:{paths.BIN}:{SYSTEM_PATH}",
        "PYTHONPATH": str(paths.ROOT),
        "CODER_SANDBOX_HOME": str(paths.HOME),
        "CODER_SANDBOX_INSTANCE": str(paths.INSTANCE),
        "LANG": "C.UTF-8",
        "HOME": "/root",
    }


def init_pid() -> int | None:
    """The PID of the sandbox's init process, or None if the sandbox is not running.

    Searched in /proc, because a PID file can be stale.
    """
    wanted = [INIT.encode(), os.fsencode(paths.STATE)]
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "cmdline").read_bytes().split(b"\0")[-3:-1] != wanted:
                continue
            status = (process / "status").read_text()
            spids = next(line for line in status.splitlines() if line.startswith("NSpid:"))
            if spids.split()[2:] == ["1"] and "State:\tZ" not in status:
                return int(process.name)
    return None


def require_init_pid() -> int:
    """The PID of the sandbox's init process; it is an error if the sandbox is not running."""
    if (pid := init_pid()) is None:
        raise SandboxError("the sandbox is not running; start it: `python -m sandbox up`")
    return pid


def enter_command(command: Sequence[str], user: str = "root") -> list[str]:
    """The command line that runs a command in the sandbox's namespaces."""
    account = pwd.getpwnam(user)
    nsenter = ["nsenter", "--target", str(require_init_pid())]
    nsenter += ["--mount", "--net", "--pid", "--ipc"]
    nsenter += ["--setuid", str(account.pw_uid), "--setgid", str(account.pw_gid)]
    return [*nsenter, "--", *command]


def run_inside(
    command: Sequence[str], *, user: str = "root", **options: Any
) -> subprocess.CompletedProcess[Any]:
    """Run a command in the sandbox's namespaces; options are those of `subprocess.run`."""
    options = {"env": environment(), "cwd": "/", **options}
    return subprocess.run(enter_command(command, user), **options)


def root_directory() -> Path:
    """The root directory of the sandbox's mount namespace, as a path on the host."""
    return Path("/proc", str(require_init_pid()), "root")


def start() -> None:
    """Start init in new namespaces."""
    with contextlib.suppress(SandboxError):  # the namespaces of a killed init may still be ending
        services.wait_until(lambda: not _link_exists(), "the previous sandbox to end", 5)
    _require_free_addresses()
    cgroups.remove()
    for directory in (paths.RUN, paths.POD_ADDRESSES):  # state of processes that no longer run
        shutil.rmtree(directory, ignore_errors=True)
    paths.LOG.mkdir(parents=True, exist_ok=True)
    # setsid forks, so that the host's init, not the caller, is the parent that reaps the process
    unshare = ["setsid", "--fork", "unshare", "--mount", "--pid", "--net", "--ipc", "--fork"]
    unshare += ["--kill-child=SIGKILL", "--mount-proc"]
    with services.log_file("init").open("ab") as log:
        subprocess.run(
            [*unshare, sys.executable, "-u", "-m", INIT, str(paths.STATE)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=environment(),
            check=True,
        )
    services.wait_until(_bridge_is_up, "the sandbox's init process", 10, "init")


def _require_free_addresses() -> None:
    """Raise an error if another interface of the host, or another sandbox, uses the addresses."""
    needed = [ipaddress.ip_network(network.SUBNET), ipaddress.ip_network(network.SERVICE_CIDR)]
    for interface in json.loads(_output("ip", "-json", "-4", "address")):
        for address in interface["addr_info"]:
            used = ipaddress.ip_interface(f"{address['local']}/{address['prefixlen']}").network
            if any(used.overlaps(net) for net in needed):
                raise SandboxError(
                    f"interface {interface['ifname']} uses {used}, but the sandbox needs "
                    f"{network.SUBNET} and {network.SERVICE_CIDR}; remove the interface, or, if it "
                    "is another sandbox's, run `python -m sandbox down` with its CODER_SANDBOX_HOME"
                )


def _bridge_is_up() -> bool:
    pid = init_pid()
    if pid is None:
        return False
    enter = ("nsenter", "--target", str(pid), "--net")
    return _output(*enter, "ip", "-brief", "link", "show", "type", "bridge", "up") != ""


def connect_host() -> None:
    """Create the host's interface to the bridge, unless it exists."""
    if _link_exists():
        return
    pid = require_init_pid()
    for command in (
        f"ip link add {network.LINK} type veth peer name uplink netns {pid}",
        f"nsenter --target {pid} --net ip link set uplink master {network.BRIDGE} up",
        f"ip address add {network.HOST}/24 dev {network.LINK}",
        f"ip link set {network.LINK} up",
        f"ip route add {network.SERVICE_CIDR} via {network.GATEWAY}",
    ):
        _output(*command.split())


def _link_exists() -> bool:
    """Whether the interface exists; the kernel removes it with the sandbox's last process."""
    return any(name == network.LINK for _, name in if_nameindex())


def stop(seconds: float = 30) -> None:
    """Stop init and all services; return when the kernel has removed the network namespace."""
    if (pid := init_pid()) is not None:
        os.kill(pid, signal.SIGTERM)
        try:
            services.wait_until(lambda: init_pid() is None, "the services to stop", seconds)
        except SandboxError:
            os.kill(pid, signal.SIGKILL)
        # A closing socket may keep the network namespace, and with it the interface, in existence.
        with contextlib.suppress(SandboxError):
            _output("ip", "link", "delete", network.LINK)
        services.wait_until(
            lambda: not _link_exists(), f"interface {network.LINK} to be removed", 10
        )
    # An interface that still exists is that of a sandbox with another HOME, which uses the cgroups.
    if not _link_exists():
        cgroups.remove()


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SandboxError(f"`{' '.join(command)}` failed: {done.stderr.strip()}")
    return done.stdout
