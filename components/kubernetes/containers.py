"""What the containers of a pod say about themselves: images, starts, ends, logs."""

import dataclasses
import re
from collections.abc import Sequence

from components.kubernetes.client import ClusterError, Object
from components.kubernetes.optional_reads import OptionalReads

IMAGE_REASONS = re.compile(
    "Err(ImageNeverPull|ImagePull)|ImageInspectError|ImagePullBackOff|InvalidImageName|"
    "RegistryUnavailable|SignatureValidationFailed"
)
WRONG_IMAGE = re.compile(
    r"not found|manifest unknown|does not exist|unauthorized|forbidden|denied|"
    r"authorization failed|no basic auth credentials|invalid reference|no match for platform|"
    r"InvalidImageName",
    re.IGNORECASE,
)
"""A registry's answers that a later attempt does not change."""
PULL_NOISE = re.compile(
    r'^(Failed to pull image "[^"]*": |Back-off pulling image "[^"]*": |ErrImagePull: |'
    r"rpc error: code = \w+ desc = |failed to (pull and unpack|resolve( reference)?|resolve image) "
    r'(image |reference )?"[^"]*": )+'
)
WAITING_TO_START = ("CreateContainerConfigError", "CreateContainerError", "RunContainerError")
NEVER_STARTED = ("StartError", "ContainerCannotRun")
LOG_LINES = 3
URL_PASSWORD = re.compile(r"(://[^\s:/@]*:)\S*@")
"""A program that can't parse its database's URL prints it."""


@dataclasses.dataclass(frozen=True)
class State:
    """One container of a pod, with its status."""

    name: str
    image: str
    init: bool
    """Must end before the next one starts; a sidecar among the init containers need not."""
    status: Object

    @property
    def title(self) -> str:
        """How a line names the container."""
        return f"init container {self.name}" if self.init else f"container {self.name}"

    def at(self, state: str, which: str = "state") -> Object | None:
        """The container's `waiting`, `running` or `terminated` state."""
        return (self.status.get(which) or {}).get(state)


def states(pod: Object) -> list[State]:
    """The pod's containers that have a status, the init containers first."""
    spec, status = pod["spec"], pod.get("status", {})
    found = {
        each["name"]: each
        for kind in ("initContainerStatuses", "containerStatuses")
        for each in status.get(kind) or ()
    }
    return [
        State(
            each["name"],
            each.get("image", ""),
            kind == "initContainers" and each.get("restartPolicy") != "Always",
            found[each["name"]],
        )
        for kind in ("initContainers", "containers")
        for each in spec.get(kind) or ()
        if each["name"] in found
    ]


def image_problem(state: State, events: Sequence[Object]) -> tuple[str, bool] | None:
    """Why the image can't be pulled, and whether a later attempt can't succeed either."""
    waiting = state.at("waiting")
    if waiting is None or not IMAGE_REASONS.fullmatch(waiting.get("reason", "")):
        return None
    # The event has the registry's answer; the state of older Kubernetes says only "Back-off".
    messages = [str(each.get("message")) for each in events if each.get("reason") == "Failed"]
    said = [each for each in messages if f'pull image "{state.image}"' in each]
    said = said or [str(waiting.get("message") or waiting["reason"])]
    cause = PULL_NOISE.sub("", " ".join(said[-1].split()))
    wrong = bool(WRONG_IMAGE.search(f"{cause} {waiting['reason']}"))
    return f"image {state.image} can't be pulled: {cause}", wrong


def start_problem(state: State) -> tuple[str, bool] | None:
    """Why the container can't be started, and whether a later attempt can't succeed either."""
    found = state.at("waiting") or state.at("terminated") or {}
    reason = found.get("reason")
    if reason not in (*WAITING_TO_START, *NEVER_STARTED):
        return None
    said = " ".join(str(found.get("message") or reason).split())
    permanent = reason in NEVER_STARTED or "runAsNonRoot" in said
    return f"{state.title} can't be started: {said}", permanent


def memory_problem(state: State) -> str | None:
    """The line that says that the kernel killed the container for its memory."""
    ended = state.at("terminated") or state.at("terminated", "lastState") or {}
    if ended.get("reason") != "OOMKilled" or state.status.get("ready"):
        return None
    return f"{state.title} was killed: it used more memory than its limit"


def end_problem(reads: OptionalReads, pod: Object, state: State) -> str | None:
    """How the container ended the last time, with its last message; None if it has not failed."""
    ended = state.at("terminated") or state.at("terminated", "lastState") or {}
    code = ended.get("exitCode", 0)
    if code == 0 or state.status.get("ready"):
        return None
    said = " ".join(str(ended.get("message") or "").split()) or _log(reads, pod, state)
    said = URL_PASSWORD.sub(r"\1…@", said)
    return f"{state.title} ended with exit code {code}" + (f": {said}" if said else "")


def unfinished_sidecar(pod: Object, found: Sequence[State]) -> str | None:
    """The line that names containers that keep a pod of a Job from ending."""
    if pod["spec"].get("restartPolicy") != "Never":
        return None
    own = [state for state in found if not state.init]
    ended = [state.name for state in own if state.at("terminated") is not None]
    running = [state.name for state in own if state.at("running") is not None]
    if not (ended and running):
        return None
    return f"container {', '.join(ended)} has ended, but {', '.join(running)} keeps the pod running"


def unfinished_init(found: Sequence[State]) -> str | None:
    """The name of the init container that is running."""
    running = (state.name for state in found if state.init and state.at("running") is not None)
    return next(running, None)


def _log(reads: OptionalReads, pod: Object, state: State) -> str:
    """The end of the log; empty where it can't be read."""
    place = pod["metadata"]
    try:
        lines = reads.last_log_lines(
            place["namespace"],
            place["name"],
            state.name,
            previous=state.at("running") is not None,
            lines=LOG_LINES,
        )
    except ClusterError:
        return ""
    return " / ".join(" ".join(line.split()) for line in lines if line.strip())
