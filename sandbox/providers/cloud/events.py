"""Changes of an instance outside Pulumi: made by the cloud, or by a person in its console."""

import contextlib
from collections.abc import Callable, Iterator, Mapping

from sandbox import SandboxError
from sandbox.providers.cloud.account import Data
from sandbox.providers.cloud.base import Cloud, Kind


def failover(cloud: Cloud, name: str) -> str:
    """Promote the standby."""
    with _operation(cloud, name, "reboot") as (data, instance):
        changes = cloud.failed_over(data, instance)
        cloud.servers.restart(cloud.server(data, {**instance, **changes}))
        cloud.put(name, **changes)
    plain = {key: each for key, each in changes.items() if not isinstance(each, dict)}
    return f"{name} failed over: " + ", ".join(f"{key} {each}" for key, each in plain.items())


def maintenance(cloud: Cloud, name: str) -> str:
    """Apply the changes that wait for the maintenance window."""
    with _available(cloud, name) as instance:
        pending = instance["pending"]
        cloud.begin(instance, "modify", changes=pending)
    cloud.complete(name)
    return f"{name}: {', '.join(pending) or 'nothing'} changed"


def reboot(cloud: Cloud, name: str) -> str:
    """Restart the server; static parameters take effect."""
    with _operation(cloud, name, "reboot") as (data, instance):
        changes = cloud.rebooted(instance)
        cloud.servers.restart(cloud.server(data, {**instance, **changes}))
        cloud.put(name, **changes)
    return f"{name} was restarted"


def grow(cloud: Cloud, name: str) -> str:
    """Let the storage grow, as the cloud does when it is nearly full."""
    with _available(cloud, name) as instance:
        instance |= cloud.grown(instance)
    return f"{name} has more storage"


def rotate(cloud: Cloud, name: str) -> str:
    """Take the next step of a rotation of the instance's certificate authority."""
    with _operation(cloud, name, "reboot") as (data, instance):
        changes = cloud.rotated(instance)
        cloud.put(name, **changes)
        cloud.servers.certify(cloud.server(data, {**instance, **changes}))
    return f"{name} rotates its CA"


def snapshot(cloud: Cloud, name: str, snapshot: str = "") -> str:
    """Create a snapshot."""
    snapshot = cloud.snapshot_name(snapshot)
    if snapshot in cloud.read()["snapshots"]:
        raise SandboxError(f"snapshot {snapshot} already exists")
    with _operation(cloud, name, "snapshot"):
        cloud.keep_snapshot(name, snapshot)
    return f"{snapshot} is a snapshot of {name}"


def delete(cloud: Cloud, name: str) -> str:
    """Delete the instance, protected or not, without a final snapshot."""
    with _available(cloud, name) as instance:
        cloud.begin(instance, "delete", snapshot=None)
    cloud.complete(name)
    return f"{name} is deleted"


EVENTS: Mapping[str, Callable[..., str]] = {
    each.__name__: each for each in (delete, failover, grow, maintenance, reboot, rotate, snapshot)
}


def trigger(cloud: type[Cloud], event: str, name: str, *arguments: str) -> str:
    """Trigger an event of the instance with that name in any scope; returns what has changed."""
    known: list[str] = []
    for scope in cloud.stored():
        instances = scope.recover().read()["instances"]
        if name in instances:
            return EVENTS[event](scope, name, *arguments)
        known += instances
    raise SandboxError(f"no instance {name}; there are: {', '.join(known) or 'none'}")


@contextlib.contextmanager
def _available(cloud: Cloud, name: str) -> Iterator[Data]:
    """The instance, if no operation is in progress; the block may begin one."""
    with cloud.transaction() as data:
        instance = data["instances"][name]
        if instance["work"]:
            raise SandboxError(f"{name} is {instance['status']}, not {cloud.available}")
        yield instance


@contextlib.contextmanager
def _operation(cloud: Cloud, name: str, kind: Kind) -> Iterator[tuple[Data, Data]]:
    """The account and the instance during an operation."""
    with _available(cloud, name) as instance:
        cloud.begin(instance, kind)
    try:
        data = cloud.read()
        yield data, data["instances"][name]
    finally:
        cloud.complete(name)
