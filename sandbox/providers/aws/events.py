"""What happens on AWS without Pulumi: a failover, a maintenance window, what is done by hand."""

import argparse
import contextlib
from collections.abc import Iterator

from sandbox import SandboxError
from sandbox.providers.aws import instance_state, operations, servers
from sandbox.providers.aws.account import REGION, Cloud, Data, zones_of
from sandbox.providers.framework.operation import Failure


def failover(cloud: Cloud, identifier: str) -> str:
    """Promote the standby, which is in another zone of the subnet group."""
    with _working(cloud, identifier, "rebooting") as (data, record):
        if not record["multiAz"]:
            raise SandboxError(f"{identifier} has no standby: only Multi-AZ instances fail over")
        zones = zones_of(data, data["subnetGroups"][record["dbSubnetGroupName"]]["subnetIds"])
        zone = min(zones - {record["availabilityZone"]})
        servers.chosen().restart(record, instance_state.settings(data, record))
        instance_state.put(cloud, identifier, availabilityZone=zone)
    return f"{identifier} is in {zone} now"


def maintenance(cloud: Cloud, identifier: str) -> str:
    """Make the changes that wait for the window."""
    with _available(cloud, identifier) as record:
        pending = record["pending"]
        operations.begin(record, "modifying", asked=pending)
    operations.finish(cloud, identifier)
    return f"{identifier}: {', '.join(pending) or 'nothing'} changed"


def reboot(cloud: Cloud, identifier: str) -> str:
    """Restart the server with the parameters of its group."""
    with _working(cloud, identifier, "rebooting") as (data, record):
        record["inForce"] = None
        servers.chosen().restart(record, instance_state.settings(data, record))
        instance_state.put(cloud, identifier, inForce=None)
    return f"{identifier} has the parameters of {record['parameterGroupName']} now"


def snapshot(cloud: Cloud, identifier: str, name: str) -> str:
    """Keep what the server holds now."""
    if name in cloud.look()["snapshots"]:
        raise SandboxError(f"there is a snapshot {name} already")
    with _working(cloud, identifier, "backing-up") as (_, record):
        operations.keep(cloud, record, name)
    version = record["engineVersionActual"]
    return f"snapshot {name} of {identifier}, PostgreSQL {version}"


def delete(cloud: Cloud, identifier: str) -> str:
    """Delete the instance, protected or not, without a last snapshot."""
    with _available(cloud, identifier) as record:
        operations.begin(record, "deleting", snapshot=None)
    operations.finish(cloud, identifier)
    return f"{identifier} is gone"


@contextlib.contextmanager
def _available(cloud: Cloud, identifier: str) -> Iterator[Data]:
    """The record, to change; RDS does one thing at a time."""
    with cloud.change() as data:
        record = data["instances"][identifier]
        if record["status"] != "available":
            raise SandboxError(f"{identifier} is {record['status']}, not available")
        yield record


@contextlib.contextmanager
def _working(cloud: Cloud, identifier: str, status: str) -> Iterator[tuple[Data, Data]]:
    """The account and the instance, which has another status meanwhile."""
    with _available(cloud, identifier) as record:
        operations.begin(record, status)
    try:
        data = cloud.look()
        yield data, data["instances"][identifier]
    finally:
        operations.finish(cloud, identifier)


COMMANDS = {each.__name__: each for each in (delete, failover, maintenance, reboot, snapshot)}


def main() -> None:
    """Read the command, and say what it did."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.providers.aws.events")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, function in COMMANDS.items():
        command = commands.add_parser(name, help=function.__doc__)
        command.add_argument("identifier")
        if name == "snapshot":
            command.add_argument("name")
    given = vars(parser.parse_args())
    cloud = Cloud(REGION).settled()
    known = cloud.look()["instances"]
    if given["identifier"] not in known:
        parser.error(f"no instance {given['identifier']}; there are: {', '.join(known) or 'none'}")
    try:
        print(COMMANDS[given.pop("command")](cloud, **given))
    except (SandboxError, Failure) as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
