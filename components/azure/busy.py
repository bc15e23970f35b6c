"""Repeats what Azure refuses because a server or a network is busy with another operation.

A server is busy for a moment after each operation (Azure/azure-postgresql#134), a virtual network
while anybody changes a part of it (pulumi/pulumi-azure-native#699). The provider does not wait.
"""

import asyncio
import re

import pulumi

BUSY = re.compile("ServerIsBusy|ServerIsNotReady|AnotherOperationInProgress")
PAUSES = (2, 5, 10, 20, 30, 60, 60, 60)
"""Seconds before each repetition."""


def retried(opts: pulumi.ResourceOptions, name: str) -> pulumi.ResourceOptions:
    """The options of the resource `name`, whose operations wait while Azure is busy."""
    opts.hooks = opts.hooks or pulumi.ResourceHookBinding()
    opts.hooks.on_error = [pulumi.ErrorHook(f"{name}: busy server", _retry)]
    return opts


async def _retry(call: pulumi.ErrorHookArgs) -> bool:
    failures = len(call.errors)
    if not BUSY.search(call.errors[0]) or failures > len(PAUSES):
        return False
    pause = PAUSES[failures - 1]
    pulumi.info(f"{call.name}: Azure is busy with another operation; trying again in {pause} s")
    await asyncio.sleep(pause)
    return True
