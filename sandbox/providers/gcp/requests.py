"""Requests to create and to change instances, and what Cloud SQL stores for them."""

import datetime
from collections.abc import Callable
from typing import TypeVar

from sandbox.providers.cloud.account import Data
from sandbox.providers.cloud.moments import is_recent
from sandbox.providers.cloud.retries import until_accepted
from sandbox.providers.framework.errors import Failure
from sandbox.providers.framework.operation import Operation
from sandbox.providers.gcp import addresses, authorities, record, rules, settings, versions
from sandbox.providers.gcp.errors import ApiError, failure, in_progress, invalid, no_instance
from sandbox.providers.gcp.project import Project

T = TypeVar("T")


def accepted(op: Operation, doing: str, request: Callable[[], T]) -> T:
    """The answer to a request; the provider waits while another operation is in progress."""
    try:
        return until_accepted(op, request, ApiError, lambda error: error.passes)
    except ApiError as error:
        raise failure(doing, error) from None


def wait(op: Operation, project: Project, name: str, doing: str) -> None:
    """Wait for the operation of an instance."""
    try:
        project.wait(op, name)
    except Failure as error:
        raise failure(f"Error waiting for {doing}", error) from error


def insert(project: Project, inputs: Data) -> str:
    """Store a new instance; returns the name of the instance that it is a clone of, if any."""
    name = inputs["name"]
    with project.transaction() as data:
        rules.refuse_name(data, project.scope, name)
        rules.refuse_region(inputs.get("region") or "")
        source = _clone_source(data, inputs) if inputs.get("clone") else None
        versions.major_of(inputs["databaseVersion"])
        # An authority that no instance uses is only a file.
        authority = authorities.create(project.authorities)
        instance = record.new(project.scope, inputs, source, authority)
        rules.refuse_network(data, project.scope, instance)
        rules.refuse(instance)
        given = instance["settings"]["ipConfiguration"]
        instance["address"] = addresses.choose(
            data, record.vpc(instance), given["allocatedIpRange"]
        )
        project.begin(instance, "create")
        data["instances"][name] = instance
    return source["name"] if source else ""


def _clone_source(data: Data, inputs: Data) -> Data:
    """The instance that a new one is a clone of."""
    clone = inputs["clone"]
    source = available(data, clone["sourceInstanceName"])
    if clone.get("pointInTime"):
        if not source["settings"]["backupConfiguration"]["pointInTimeRecoveryEnabled"]:
            raise invalid("Point in time recovery is not enabled for the source instance")
        if not is_recent(datetime.datetime.fromisoformat(clone["pointInTime"])):
            raise invalid("not simulated: a pointInTime more than 15 minutes ago is an error")
    for key in ("databaseNames", "sourceInstanceDeletionTime", "sourceProject"):
        if clone.get(key):
            raise invalid(f"not simulated: clone.{key} is an error")
    if source["region"] != inputs["region"]:
        raise invalid("not simulated: a clone in another region is an error")
    return source


def begin(project: Project, name: str, changes: Data) -> None:
    """Begin to change an instance, unless Cloud SQL refuses."""
    with project.transaction() as data:
        instance = available(data, name)
        if version := changes.get("databaseVersion"):
            versions.refuse_upgrade(instance["databaseVersion"], version)
        sent = changes.pop("sentVersion", None)
        if sent is not None and sent != instance["settings"]["version"]:
            raise ApiError(412, "Condition does not match.", "staleData")
        target = record.changed(instance, changes)
        refuse_change(instance, target)
        rules.refuse_network(data, project.scope, target)
        rules.refuse(target)
        project.begin(instance, "modify", changes=changes)


def patch(project: Project, name: str, changes: Data) -> Data:
    """The change of only some settings."""
    of = instance_of(project.read(), name)["settings"]
    return {"settings": {**of, **changes, "version": of["version"] + 1}}


def update(project: Project, name: str, wanted: Data) -> Data:
    """The change to these settings; they contain the version that the client knows."""
    instance = instance_of(project.read(), name)
    sent = wanted.get("version", instance["settings"]["version"])
    found = settings.updated(instance["settings"], wanted, instance["region"])
    return {"settings": found, "sentVersion": sent}


def refuse_change(instance: Data, target: Data) -> None:
    """Refuse what an existing instance can't become."""
    was, now = instance["settings"], target["settings"]
    if now["diskSize"] < was["diskSize"]:
        raise invalid("The disk size can't be decreased")
    before, after = was["ipConfiguration"], now["ipConfiguration"]
    if record.vpc(target) != record.vpc(instance):
        raise invalid("not simulated: another privateNetwork of an instance is an error")
    if after["serverCaMode"] != before["serverCaMode"]:
        raise invalid("not simulated: another serverCaMode of an instance is an error")


def instance_of(data: Data, name: str) -> Data:
    """The instance, or the API's error."""
    if name not in data["instances"]:
        raise no_instance()
    return data["instances"][name]


def available(data: Data, name: str) -> Data:
    """The instance, if no operation is in progress."""
    instance = instance_of(data, name)
    if instance["work"]:
        raise in_progress()
    return instance
