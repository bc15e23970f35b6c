"""The sandbox's command line: `python -m sandbox --help`."""

import argparse
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from sandbox import SandboxError, commands


def main(arguments: list[str]) -> int:
    """Do what the arguments say; the exit code."""
    os.umask(0o022)  # what is made must be readable to the users that servers run as
    try:
        if arguments[:1] == ["pulumi"]:  # all that follows is Pulumi's, its --help included
            parsed = {"command": commands.pulumi, "arguments": arguments[1:]}
        else:
            parsed = vars(_parser().parse_args(arguments))
        command = parsed.pop("command")
        if os.geteuid() != 0 and command not in (commands.check, commands.setup):  # they say more
            raise SandboxError("root is needed, for namespaces, mounts and interfaces: sudo")
        code = command(**parsed) or 0
        sys.stdout.flush()
        return code
    except SandboxError as error:
        print(f"error: {error}", file=sys.stderr)
    except subprocess.CalledProcessError as error:
        print(f"error: `{shlex.join(map(str, error.cmd))}` failed", file=sys.stderr)
    except BrokenPipeError:  # whoever read our output has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="This machine, a cloud.")
    top = parser.add_subparsers(required=True, metavar="COMMAND")
    _add(top, "check", commands.check, "say what the machine lacks")
    _add(top, "setup", commands.setup, "install and build what is missing")
    up = _add(top, "up", commands.up, "bring everything up")
    up.add_argument("--nodes", type=int, help="1 to 3; first 2, then as many as there are")
    _add(top, "down", commands.down, "end everything; data and state stay")
    _add(top, "status", commands.status, "say what runs")
    _add(top, "wipe", commands.wipe, "delete the cluster; databases and Pulumi's state stay")
    _add(top, "env", commands.env, "print a shell's exports for kubectl, helm and pulumi")
    _add(top, "pulumi", commands.pulumi, "run the Pulumi CLI on the sandbox")
    for name, command, text in (
        ("recover", commands.recover, "put right what a killed update left"),
        ("show", commands.show, "say where Coder answers and how to look at it"),
    ):
        _add(top, name, command, text).add_argument("stack", nargs="?", default="dev")
    text = "hold back what passes between pods and a database by MS for each round trip, or off"
    _add(top, "latency", commands.latency, text, "host", "milliseconds")
    for kind, stop, start in (
        ("node", commands.stop_node, commands.start_node),
        ("zone", commands.stop_zone, commands.start_zone),
    ):
        group = _group(top, kind, f"switch a {kind} off and on")
        _add(group, "stop", stop, f"switch the {kind} off", "name")
        _add(group, "start", start, f"switch the {kind} on", "name")
    text = "let something happen to a managed server that Pulumi does not ask for"
    events = top.add_parser("events", help=text, description=text)
    events.add_argument("cloud", help="aws")
    kinds = events.add_subparsers(required=True, metavar="EVENT", dest="event")
    for name, text in (
        ("delete", "delete it, protected or not, without a final snapshot"),
        ("failover", "promote its standby"),
        ("maintenance", "apply the changes that wait for the maintenance window"),
        ("reboot", "restart it; static parameters take effect"),
    ):
        _add(kinds, name, commands.event, text, "instance")
    _add(kinds, "snapshot", commands.event, "keep a snapshot of it", "instance", "snapshot")
    servers = _group(top, "postgres", "look after PostgreSQL servers")
    _add(servers, "list", commands.list_postgres, "say which there are")
    text = "make one; the administrator's password is read from standard input"
    create = _add(servers, "create", commands.create_postgres, text, "name", "host", "username")
    create.add_argument("--version", default="17", help="major version")
    for name, command in (
        ("start", commands.start_postgres),
        ("stop", commands.stop_postgres),
        ("delete", commands.delete_postgres),
    ):
        _add(servers, name, command, f"{name} a server", "name")
    return parser


def _group(parent: Any, name: str, text: str) -> Any:
    parser = parent.add_parser(name, help=text, description=text)
    return parser.add_subparsers(required=True, metavar="COMMAND")


def _add(
    parent: Any, name: str, command: Callable[..., int | None], text: str, *arguments: str
) -> argparse.ArgumentParser:
    parser = parent.add_parser(name, help=text, description=text)
    parser.set_defaults(command=command)
    for argument in arguments:
        parser.add_argument(argument)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
