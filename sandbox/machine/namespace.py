"""The sandbox's namespaces seen from the machine: start them, reach into them, end them."""

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
    """All that a process inside inherits: nothing of the caller's own."""
    python = Path(sys.executable).parent
    return {
        "PATH": f"{python}:{paths.BIN}:{SYSTEM_PATH}",
        "PYTHONPATH": str(paths.ROOT),
        "CODER_SANDBOX_HOME": str(paths.HOME),
        "CODER_SANDBOX_INSTANCE": str(paths.INSTANCE),
        "LANG": "C.UTF-8",
        "HOME": "/root",
    }


def pid() -> int | None:
    """Init's process id; None when the sandbox is not up.

    Found among the processes, not in a file, for a file can be stale.
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


def require() -> int:
    """Init's process id, or the error that says how to start it."""
    if (found := pid()) is None:
        raise SandboxError("the sandbox is not up: run `python -m sandbox up`")
    return found


def entering(command: Sequence[str], user: str = "root") -> list[str]:
    """The command line that runs a command in the sandbox's namespaces."""
    account = pwd.getpwnam(user)
    enter = ["nsenter", "--target", str(require()), "--mount", "--net", "--pid", "--ipc"]
    enter += ["--setuid", str(account.pw_uid), "--setgid", str(account.pw_gid)]
    return [*enter, "--", *command]


def inside(
    command: Sequence[str], *, user: str = "root", **options: Any
) -> subprocess.CompletedProcess[Any]:
    """Run a command in the sandbox's namespaces, as `subprocess.run` would."""
    options = {"env": environment(), "cwd": "/", **options}
    return subprocess.run(entering(command, user), **options)


def root() -> Path:
    """The sandbox's file system as the machine sees it."""
    return Path("/proc", str(require()), "root")


def launch() -> None:
    """Start init in new namespaces."""
    with contextlib.suppress(SandboxError):  # those of a killed init may still be on their way out
        services.wait_until(lambda: not _linked(), "the last sandbox to end", 5)
    _require_free_addresses()
    cgroups.remove()
    for directory in (paths.RUN, paths.POD_ADDRESSES):  # what the last run left; nothing lives
        shutil.rmtree(directory, ignore_errors=True)
    paths.LOG.mkdir(parents=True, exist_ok=True)
    # setsid's own fork makes the machine's init, not the caller, the parent that reaps
    unshare = ["setsid", "--fork", "unshare", "--mount", "--pid", "--net", "--ipc", "--fork"]
    unshare += ["--kill-child=SIGKILL", "--mount-proc"]
    with services.log("init").open("ab") as log:
        subprocess.run(
            [*unshare, sys.executable, "-u", "-m", INIT, str(paths.STATE)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=environment(),
            check=True,
        )
    services.wait_until(_bridge_is_up, "the sandbox's first process", 10, "init")


def _require_free_addresses() -> None:
    """Refuse to start where another network, or another sandbox, has the addresses."""
    wanted = [ipaddress.ip_network(network.SUBNET), ipaddress.ip_network(network.SERVICES)]
    for interface in json.loads(_output("ip", "-json", "-4", "address")):
        for address in interface["addr_info"]:
            used = ipaddress.ip_interface(f"{address['local']}/{address['prefixlen']}").network
            if any(used.overlaps(net) for net in wanted):
                raise SandboxError(
                    f"interface {interface['ifname']} has {used}, which the sandbox needs "
                    f"({network.SUBNET} and {network.SERVICES}): take it down, or run "
                    "`python -m sandbox down` with the CODER_SANDBOX_HOME of the other sandbox"
                )


def _bridge_is_up() -> bool:
    found = pid()
    if found is None:
        return False
    enter = ("nsenter", "--target", str(found), "--net")
    return _output(*enter, "ip", "-brief", "link", "show", "type", "bridge", "up") != ""


def connect() -> None:
    """Give the machine its interface to the bridge, unless it has it."""
    if _linked():
        return
    inner = require()
    for command in (
        f"ip link add {network.LINK} type veth peer name uplink netns {inner}",
        f"nsenter --target {inner} --net ip link set uplink master {network.BRIDGE} up",
        f"ip address add {network.HOST}/24 dev {network.LINK}",
        f"ip link set {network.LINK} up",
        f"ip route add {network.SERVICES} via {network.GATEWAY}",
    ):
        _output(*command.split())


def _linked() -> bool:
    """Whether the interface is there; it goes when the last process of the sandbox has."""
    return any(name == network.LINK for _, name in if_nameindex())


def end(seconds: float = 30) -> None:
    """Have init stop every part and end; return when the kernel has cleared up."""
    if (first := pid()) is not None:
        os.kill(first, signal.SIGTERM)
        try:
            services.wait_until(lambda: pid() is None, "the parts to stop", seconds)
        except SandboxError:
            os.kill(first, signal.SIGKILL)
        # A socket that is still closing may hold the network's namespace, and with it the link.
        with contextlib.suppress(SandboxError):
            _output("ip", "link", "delete", network.LINK)
        services.wait_until(lambda: not _linked(), f"interface {network.LINK} to go", 10)
    if not _linked():  # else it is the link of another HOME's sandbox, whose cgroups they are
        cgroups.remove()


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SandboxError(f"`{' '.join(command)}` failed: {done.stderr.strip()}")
    return done.stdout
