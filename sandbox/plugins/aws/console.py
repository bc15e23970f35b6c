"""What happens on AWS without Pulumi: a failover, a maintenance window, a snapshot by hand."""

import argparse

from sandbox.plugins.aws import records, rules, servers
from sandbox.plugins.aws.cloud import REGION, Cloud, zones_of


def failover(cloud: Cloud, identifier: str) -> str:
    """Move the server to another zone of its subnet group, as a standby's promotion does."""
    with cloud.change() as data:
        record = data["instances"][identifier]
        zones = zones_of(data, data["subnetGroups"][record["dbSubnetGroupName"]]["subnetIds"])
        record["availabilityZone"] = min(zones - {record["availabilityZone"]})
    servers.chosen().restart(record, records.settings(data, record))
    return f"{identifier} is in {record['availabilityZone']} now"


def maintenance(cloud: Cloud, identifier: str) -> str:
    """Make the changes that wait for the window."""
    with cloud.change() as data:
        record = data["instances"][identifier]
        pending, record["pending"] = record["pending"], {}
    records.apply(cloud, identifier, pending)
    return f"{identifier}: {', '.join(pending) or 'nothing'} changed"


def reboot(cloud: Cloud, identifier: str) -> str:
    """Restart the server with the parameters of its group."""
    record = records.put(cloud, identifier, inForce=None)
    servers.chosen().restart(record, records.settings(cloud.look(), record))
    return f"{identifier} has the parameters of {record['parameterGroupName']} now"


def snapshot(cloud: Cloud, identifier: str, name: str) -> str:
    """Keep what the server holds now."""
    record = cloud.look()["instances"][identifier]
    behind = servers.chosen()
    behind.snapshot(record, name)
    behind.restart(record, records.settings(cloud.look(), record))
    with cloud.change() as data:
        data["snapshots"][name] = record
    return f"snapshot {name} of {identifier}, PostgreSQL {rules.major_of(record['engineVersion'])}"


def main() -> None:
    """Read the command, and say what it did."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.plugins.aws.console")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("failover", "maintenance", "reboot", "snapshot"):
        command = commands.add_parser(name)
        command.add_argument("identifier")
        if name == "snapshot":
            command.add_argument("name")
    given = parser.parse_args()
    cloud = Cloud(REGION)
    known = cloud.look()["instances"]
    if given.identifier not in known:
        parser.error(f"no instance {given.identifier}; there are: {', '.join(known) or 'none'}")
    match given.command:
        case "failover":
            print(failover(cloud, given.identifier))
        case "maintenance":
            print(maintenance(cloud, given.identifier))
        case "reboot":
            print(reboot(cloud, given.identifier))
        case _:
            print(snapshot(cloud, given.identifier, given.name))


if __name__ == "__main__":
    main()
