"""One stack, as the Pulumi CLI of the ambient environment shows and changes it."""

import dataclasses
import json
import re
import shlex
from collections.abc import Sequence

from recovery import state
from recovery.commands import RecoveryError, Result, Run, checked, error_line
from recovery.state import Resource, State

_LOCKED = "the stack is currently locked"
_HOLDER = re.compile(r"created by (.+)@(\S+) \(pid (\d+)\) at (\S+)")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Holder:
    """An update that holds a stack's lock, whether it still runs or not."""

    text: str
    """What the CLI says of it."""
    host: str = ""
    process: int = 0


class Stack:
    """A stack of the project in the current folder."""

    def __init__(self, name: str, run: Run, config_file: str = "") -> None:
        self.name = name
        self._run = run
        self._settings = ["--config-file", config_file] if config_file else []

    def state(self) -> State:
        """Its state; secrets stay encrypted."""
        document = checked(self._pulumi("stack", "export"))
        try:
            return state.parse(json.loads(document))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise RecoveryError(
                "`pulumi stack export` printed no state that can be read"
            ) from error

    def holders(self, state: State) -> list[Holder]:
        """The updates that hold the stack's lock."""
        shown = json.loads(checked(self._pulumi("stack", "--output", "json")))
        if operation := shown.get("currentOperation"):
            return [Holder(text="{kind} by {author}, started {started}".format_map(operation))]
        if "version" in shown:  # Pulumi Cloud, which has just said that no update runs
            return []
        return self._lock_files(state)

    def _lock_files(self, state: State) -> list[Holder]:
        """The locks in a bucket, a database or a folder.

        The CLI lists them only to a command that needs the lock. Of those, `stack init` with a name
        that exists is the one that can change nothing: it takes the lock and is refused.
        """
        # It asks for a new stack's passphrase, which a stack with another encryption has not set.
        additions = {} if state.has_passphrase else {"PULUMI_CONFIG_PASSPHRASE": ""}
        refused = self._pulumi("stack", "init", "--no-select", additions=additions)
        said = f"{refused.stdout}\n{refused.stderr}"
        if _LOCKED in said:
            found = [
                Holder(text=match[0], host=match[2], process=int(match[3]))
                for match in _HOLDER.finditer(said)
            ]
            return found or [Holder(text=error_line(refused))]
        if "already exists" in said:
            return []
        raise RecoveryError(f"can't see whether the stack is locked: {error_line(refused)}")

    def cancel(self) -> None:
        """Release the lock."""
        checked(self._pulumi("cancel", "--yes"))

    def exists(self, resource: Resource, id: str) -> bool:
        """Ask the provider whether the resource exists."""
        result = self._import(resource, id, "--preview-only")
        if f"resource '{id}' does not exist" in f"{result.stdout}{result.stderr}":
            return False
        checked(result)
        return True

    def adopt(self, resource: Resource, id: str) -> None:
        """Import an existing resource into the state."""
        checked(self._import(resource, id, "--yes", "--skip-preview"))

    def import_command(self, resource: Resource) -> str:
        """The command that imports it once its ID is known."""
        words = ["pulumi", *_import_words(resource, "ID"), "--stack", self.name]
        return shlex.join([*words, *self._settings])

    def refresh(self, urns: Sequence[str], *, clear_creations: bool) -> None:
        """Refresh these resources, which removes interrupted operations from the state."""
        targets = [word for urn in urns for word in ("--target", urn)]
        clear = ["--clear-pending-creates"] if clear_creations else []
        options = ["--yes", "--skip-preview", *clear, *targets, *self._settings]
        checked(self._pulumi("refresh", *options))

    def _import(self, resource: Resource, id: str, *options: str) -> Result:
        return self._pulumi(*_import_words(resource, id), *options, *self._settings)

    def _pulumi(self, *words: str, additions: dict[str, str] | None = None) -> Result:
        options = ["--stack", self.name, "--non-interactive", "--color", "never"]
        return self._run(["pulumi", *words, *options], additions or {})


def _import_words(resource: Resource, id: str) -> list[str]:
    words = ["import", resource.type, resource.name, id, "--generate-code=false"]
    words += [f"--protect={str(resource.protect).lower()}"]
    words += ["--parent", f"parent={resource.parent}"] if resource.parent else []
    words += ["--provider", f"provider={resource.provider}"] if resource.provider else []
    return words
