"""Fakes of pulumi and helm with their real messages, on a state in memory."""

import copy
import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from components.clouds import CLOUDS
from recovery.commands import RecoveryError, Result
from recovery.recover import recover
from recovery.stack import Stack
from recovery.terminal import Terminal

RECORDED = Path(__file__).with_name("killed_creation.json")
"""A stack's export after the engine was killed while it made an RDS instance."""
ROOT = "urn:pulumi:dev::coder::pulumi:pulumi:Stack::coder-dev"
PARENT = "urn:pulumi:dev::coder::coder:coder:Coder::coder"
CLUSTER = "urn:pulumi:dev::coder::pulumi:providers:kubernetes::cluster"
RELEASE = "kubernetes:helm.sh/v3:Release"
IMPORT_IDS = {key: id for cloud in CLOUDS.values() for key, id in cloud.IMPORT_IDS.items()}

Document = dict[str, Any]


def resource(type: str, name: str, /, **inputs: Any) -> Document:
    """A resource of the program, as the state has it."""
    return {
        "urn": f"urn:pulumi:dev::coder::coder:coder:Coder${type}::{name}",
        "custom": True,
        "type": type,
        "inputs": inputs,
        "parent": PARENT,
        "provider": f"{CLUSTER}::0f1e",
    }


def release(**inputs: Any) -> Document:
    return resource(RELEASE, "coder-release", namespace="coder", name="coder", **inputs)


def document(*resources: Document, **pending: list[Document]) -> Document:
    """An export with these resources, and with operations on others that were interrupted."""
    own = [
        {"urn": ROOT, "custom": False, "type": "pulumi:pulumi:Stack"},
        {
            "urn": CLUSTER,
            "custom": True,
            "type": "pulumi:providers:kubernetes",
            "inputs": {"clusterIdentifier": "https://api.example.com"},
        },
        {"urn": PARENT, "custom": False, "type": "coder:coder:Coder", "parent": ROOT},
    ]
    operations = [
        {"resource": item, "type": kind} for kind, items in pending.items() for item in items
    ]
    return {
        "version": 3,
        "deployment": {
            "secrets_providers": {"type": "passphrase"},
            "resources": [*own, *resources],
            "pending_operations": operations,
        },
    }


class Clis:
    """pulumi and helm."""

    def __init__(self, exported: Document | None) -> None:
        self.exported = copy.deepcopy(exported)
        self.locks: list[str] = []
        """Lines of the CLI on the locks in a bucket."""
        self.cloud: Document = {}
        """What Pulumi Cloud adds to `pulumi stack --output json`."""
        self.existing: set[str] = set()
        """IDs that the providers find."""
        self.unreachable = ""
        """The error of every provider."""
        self.history: list[tuple[int, str]] | str = []
        """Of the release coder, or Helm's error."""
        self.missing: set[str] = set()
        """Programs that are not installed."""
        self.ran: list[str] = []
        """Commands that change something."""
        self.additions: Mapping[str, str] = {}

    def __call__(self, command: Sequence[str], additions: Mapping[str, str]) -> Result:
        if command[0] in self.missing:
            raise RecoveryError(f"{command[0]} is not on PATH: install it, https://example.com")
        assert "--show-secrets" not in command
        code, out, error = getattr(self, f"_{command[0]}")(list(command[1:]), additions)
        return subprocess.CompletedProcess(command, code, out, error)

    def cluster(self, **inputs: str) -> None:
        """Change the Kubernetes provider's inputs."""
        resources = self._deployment["resources"]
        next(item for item in resources if item["urn"] == CLUSTER)["inputs"] |= inputs

    def recover(self, **options: bool) -> int:
        stack = Stack("dev", self, "Pulumi.other.yaml")
        return recover(stack, self, IMPORT_IDS, Terminal(**options))

    @property
    def _deployment(self) -> Document:
        assert self.exported
        return self.exported["deployment"]

    def _pulumi(self, words: list[str], additions: Mapping[str, str]) -> tuple[int, str, str]:
        assert words[-5:] == ["--stack", "dev", "--non-interactive", "--color", "never"]
        if self.exported is None:
            return 255, "", "error: no stack named 'dev' found\n"
        if words[:2] == ["stack", "export"]:
            return 0, json.dumps(self.exported), ""
        if words[:3] == ["stack", "--output", "json"]:
            return 0, json.dumps({"stack": "dev", **self.cloud}), ""
        if words[:2] == ["stack", "init"]:
            self.additions = additions
            return 255, "", self._refusal()
        if words[0] == "import" and "--preview-only" in words:
            return self._imported(words)
        self.ran.append(" ".join(words[:2] if words[0] == "cancel" else words[:-5]))
        return getattr(self, f"_pulumi_{words[0]}")(words)

    def _refusal(self) -> str:
        if not self.locks:
            return "error: stack 'organization/coder/dev' already exists\n"
        lines = "\n  ".join(f"file:///locks/1.json: created by {lock}" for lock in self.locks)
        return (
            f"error: could not create stack: the stack is currently locked by {len(self.locks)} "
            "lock(s). Either wait for the other process(es) to end or delete the lock file with "
            f"`pulumi cancel`.\n  {lines}\n"
        )

    def _pulumi_cancel(self, words: list[str]) -> tuple[int, str, str]:
        self.locks, self.cloud = [], {}
        return 0, "The currently running update for 'dev' has been canceled!", ""

    def _pulumi_import(self, words: list[str]) -> tuple[int, str, str]:
        if self._imported(words)[0] == 0:
            taken = next(
                item["resource"]
                for item in self._deployment["pending_operations"]
                if item["resource"]["type"] == words[1]
                and item["resource"]["urn"].endswith(f"::{words[2]}")
            )
            self._deployment["resources"].append({**taken, "id": words[3]})
        return self._imported(words)

    def _pulumi_refresh(self, words: list[str]) -> tuple[int, str, str]:
        if self.unreachable:
            return 255, f"    error: {self.unreachable}\n    error: update failed\n", ""
        kept = [] if "--clear-pending-creates" in words else ["creating"]
        pending = self._deployment["pending_operations"]
        self._deployment["pending_operations"] = [item for item in pending if item["type"] in kept]
        return 0, "", ""

    def _imported(self, words: list[str]) -> tuple[int, str, str]:
        if self.unreachable:
            return 255, f"    error: {self.unreachable}\n    error: preview failed\n", ""
        if words[3] not in self.existing:
            said = f"Preview failed: resource '{words[3]}' does not exist"
            return 255, f"Diagnostics:\n    error: {said}\n", ""
        return 0, "1 to import", ""

    def _helm(self, words: list[str], additions: Mapping[str, str]) -> tuple[int, str, str]:
        assert words[1:4] == ["coder", "--namespace", "coder"]
        if isinstance(self.history, str):
            return 1, "", f"Error: {self.history}\n"
        if words[0] == "history":
            if not self.history:
                return 1, "", "Error: release: not found\n"
            revisions = [{"revision": number, "status": status} for number, status in self.history]
            return 0, json.dumps(revisions), ""
        self.ran.append(f"helm {' '.join(words)}")
        self.history = (
            [(number, "superseded") for number, _ in self.history]
            + [(self.history[-1][0] + 1, "deployed")]
            if words[0] == "rollback"
            else []
        )
        return 0, "", ""
