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
    """Run the command that the arguments name; returns the exit code."""
    os.umask(0o022)  # servers run as other users, which must be able to read the files
    try:
        if arguments[:1] == ["pulumi"]:  # all further arguments, even --help, are Pulumi's
            parsed = {"command": commands.pulumi, "arguments": arguments[1:]}
        else:
            parsed = vars(_parser().parse_args(arguments))
        command = parsed.pop("command")
        if os.geteuid() != 0 and command not in (commands.check, commands.setup):
            # check and setup report this with all other problems
            raise SandboxError(
                "root is required, for namespaces, mounts and network interfaces; use sudo"
            )
        code = command(**parsed) or 0
        sys.stdout.flush()
        return code
    except SandboxError as error:
        print(f"error: {error}", file=sys.stderr)
    except subprocess.CalledProcessError as error:
        print(f"error: `{shlex.join(map(str, error.cmd))}` failed", file=sys.stderr)
    except BrokenPipeError:  # the reader of the output has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="A simulated cloud on this machine."
    )
    top = parser.add_subparsers(required=True, metavar="COMMAND")
    _add(top, "check", commands.check, "report what the machine lacks")
    _add(top, "setup", commands.setup, "install packages, build programs and images")
    up = _add(top, "up", commands.up, "start the sandbox")
    up.add_argument("--nodes", type=int, help="1 to 3 (default: unchanged, 2 at the first start)")
    _add(top, "down", commands.down, "stop the sandbox; data and state are kept")
    _add(top, "status", commands.status, "list services and database servers")
    _add(top, "wipe", commands.wipe, "delete the cluster; databases and Pulumi's state are kept")
    _add(top, "env", commands.env, "print shell exports for kubectl, helm and pulumi")
    _add(top, "pulumi", commands.pulumi, "run the Pulumi CLI in the sandbox")
    for name, command, text in (
        ("recover", commands.recover, "repair a stack after a killed update"),
        ("show", commands.show, "print Coder's URL and how to inspect it"),
    ):
        _add(top, name, command, text).add_argument("stack", nargs="?", default="dev")
    text = "add milliseconds to each round trip between pods and a database; `off` removes them"
    _add(top, "latency", commands.latency, text, "host", "milliseconds")
    for kind, stop, start in (
        ("node", commands.stop_node, commands.start_node),
        ("zone", commands.stop_zone, commands.start_zone),
    ):
        group = _group(top, kind, f"stop and start a {kind}")
        _add(group, "stop", stop, f"stop the {kind}", "name")
        _add(group, "start", start, f"start the {kind}", "name")
    text = "trigger an event on a managed server, such as a failover or a maintenance window"
    events = top.add_parser("events", help=text, description=text)
    events.add_argument("cloud", help="aws, azure-native or gcp")
    kinds = events.add_subparsers(required=True, metavar="EVENT", dest="event")
    for name, text in (
        ("delete", "delete it without a final snapshot, even if it is protected"),
        ("failover", "promote its standby"),
        ("grow", "let its storage grow"),
        ("maintenance", "apply the changes that wait for the maintenance window"),
        ("reboot", "restart it; static parameters take effect"),
        ("rotate", "take the next step of a rotation of its certificate authority"),
    ):
        _add(kinds, name, commands.event, text, "instance")
    text = "create a snapshot of it; its name is optional where the cloud chooses one"
    _add(kinds, "snapshot", commands.event, text, "instance").add_argument(
        "snapshot", nargs="?", default=""
    )
    servers = _group(top, "postgres", "manage PostgreSQL servers")
    _add(servers, "list", commands.list_postgres, "list the servers")
    text = "create a server; the administrator's password is read from standard input"
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
