"""Runs Python programs and policy packs for the engine, as `pulumi-language-python` does."""

import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

import grpc
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

_EXECUTOR = "pulumi-language-python-exec"
_SHOWN_ALREADY = 32
"""The exit code of a program whose error the user has already been shown."""


class _Refused(Exception):
    """The program cannot be started; the message says why."""


class Children:
    """The running programs and policy packs; all are killed when the host ends."""

    def __init__(self) -> None:
        self._running: set[int] = set()

    def start(
        self, command: list[str], cwd: str | None, env: dict[str, str], output: int | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a process in a new process group."""
        child = subprocess.Popen(
            command, cwd=cwd, env=env, stdout=output, stderr=output, start_new_session=True
        )
        self._running.add(child.pid)
        return child

    def wait(self, child: subprocess.Popen[bytes]) -> int:
        """Wait for the process; returns its exit code."""
        code = child.wait()
        self._running.discard(child.pid)
        return code

    def kill(self, *_: Any) -> None:
        """Kill all of them and their child processes."""
        for group in list(self._running):
            try:
                os.killpg(group, signal.SIGKILL)
            except ProcessLookupError:
                continue


class Host(language_pb2_grpc.LanguageRuntimeServicer):
    """The gRPC service that the engine calls to run programs of a language."""

    def __init__(self, engine: str, children: Children) -> None:
        self._engine = engine
        self._children = children

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Return an empty response: the engine's address is a command-line argument."""
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Return no version: the host is part of the CLI."""
        return plugin_pb2.PluginInfo()

    def InstallDependencies(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        """Install nothing, where the published host makes the virtual environment, and say so."""
        text = "The sandbox installs no packages here; `make setup` does.\n"
        yield language_pb2.InstallDependenciesResponse(stdout=text.encode())

    def GetRequiredPackages(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Return no packages: the plugins are already installed."""
        return language_pb2.GetRequiredPackagesResponse()

    def GetProgramDependencies(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Return no dependencies: the engine does not need them."""
        return language_pb2.GetProgramDependenciesResponse()

    def About(self, request: Any, context: grpc.ServicerContext) -> Any:
        """The Python interpreter and its version."""
        version = sys.version.split()[0]
        return language_pb2.AboutResponse(executable=sys.executable, version=version)

    def Run(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Run a program and wait until it ends."""
        try:
            python, environment = _python(request.info)
        except _Refused as refused:
            return language_pb2.RunResponse(error=str(refused))
        entry = request.info.entry_point
        directory = Path(request.info.program_directory)
        arguments = {
            "monitor": request.monitor_address,
            "engine": self._engine,
            "project": request.project,
            "stack": request.stack,
            "organization": request.organization,
            "root_directory": request.info.root_directory,
            "pwd": request.pwd,
            "dry_run": "true" if request.dryRun else "false",
            "parallel": str(request.parallel),
        }
        child = self._children.start(
            [
                *(python, "-u", _executor()),
                *(word for key, value in arguments.items() for word in (f"--{key}", value)),
                str(directory if entry in ("", ".") else directory / entry),
                *request.args,
            ],
            cwd=request.pwd,
            env=environment
            | {
                "PULUMI_CONFIG": json.dumps(dict(request.config)),
                "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
            },
        )
        context.add_callback(self._children.kill)
        code = self._children.wait(child)
        if code == _SHOWN_ALREADY:
            return language_pb2.RunResponse(bail=True)
        error = f"Program exited with non-zero exit code: {code}" if code else ""
        return language_pb2.RunResponse(error=error)

    def RunPlugin(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        """Run a policy pack or another plugin in Python, and stream its output to the engine."""
        is_pack = request.kind == "analyzer"
        file = "PulumiPolicy.yaml" if is_pack else "PulumiPlugin.yaml"
        try:
            # Unlike a program, a plugin never runs in the host's own environment
            # (github.com/pulumi/pulumi: sdk/python/cmd/pulumi-language-python/main.go, RunPlugin).
            python, environment = _python(request.info, file, "venv")
        except _Refused as refused:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(refused))
        directory = request.info.program_directory
        if is_pack:
            command = [python, "-u", "-m", "pulumi.policy", *request.args, directory]
        else:
            command = [python, "-u", directory, *request.args]
        child = self._children.start(
            command,
            cwd=request.pwd or None,
            env=environment | dict(pair.split("=", 1) for pair in request.env),
            output=subprocess.PIPE,
        )
        context.add_callback(self._children.kill)
        for name, data in _printed(child):
            if name == "stdout":
                yield language_pb2.RunPluginResponse(stdout=data)
            else:
                yield language_pb2.RunPluginResponse(stderr=data)
        yield language_pb2.RunPluginResponse(exitcode=self._children.wait(child))

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Kill all running programs and policy packs."""
        self._children.kill()
        return empty_pb2.Empty()


def _python(info: Any, file: str = "Pulumi.yaml", default: str = "") -> tuple[str, dict[str, str]]:
    """The interpreter that the project's `virtualenv` option names, and its environment."""
    virtualenv = json_format.MessageToDict(info.options).get("virtualenv") or default
    environment = dict(os.environ)
    if not virtualenv:
        return sys.executable, environment
    home = Path(info.root_directory or ".", virtualenv).absolute()
    python = home / "bin" / "python"
    if not python.exists():
        raise _Refused(
            f"the virtualenv {virtualenv!r} of {file} does not exist ({home}): "
            f"create it with `python3 -m venv {home}` and install the project's requirements.txt "
            "into it"
        )
    environment["VIRTUAL_ENV"] = str(home)
    environment["PATH"] = f"{home / 'bin'}{os.pathsep}{environment.get('PATH', '')}"
    return str(python), environment


def _executor() -> str:
    found = shutil.which(_EXECUTOR)
    if found is None:
        raise FileNotFoundError(f"{_EXECUTOR} is not on PATH")
    return found


def _printed(child: subprocess.Popen[bytes]) -> Iterator[tuple[str, bytes]]:
    """The output of a process as it arrives, until both streams are closed."""
    lines: queue.Queue[tuple[str, bytes]] = queue.Queue()

    def pump(name: str, stream: IO[bytes] | None) -> None:
        while stream and (data := os.read(stream.fileno(), 65536)):
            lines.put((name, data))
        lines.put((name, b""))

    streams = {"stdout": child.stdout, "stderr": child.stderr}
    for name, stream in streams.items():
        threading.Thread(target=pump, args=(name, stream), daemon=True).start()
    ended = 0
    while ended < len(streams):
        name, data = lines.get()
        if data:
            yield name, data
        else:
            ended += 1


def main() -> None:
    """Serve until the engine stops the host or ends."""
    engine = sys.argv[-1]
    children = Children()

    def leave(*_: Any) -> None:
        # The engine waits for the host's pipes to close, and the program inherits them.
        children.kill()
        os._exit(0)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, leave)
    server = grpc.server(ThreadPoolExecutor(8))
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(Host(engine, children), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    host, engine_port = engine.rsplit(":", 1)
    while True:
        time.sleep(1)
        try:
            socket.create_connection((host, int(engine_port)), timeout=2).close()
        except OSError:
            leave()


if __name__ == "__main__":
    main()
