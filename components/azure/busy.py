"""Repeats what Azure refuses because the server is busy with another operation.

It is for a moment after each operation, and nothing in the provider waits or retries
(Azure/azure-postgresql#134).
"""

import asyncio
import re

import pulumi

BUSY = re.compile("ServerIsBusy|ServerIsNotReady")
PAUSES = (2, 5, 10, 20, 30, 60, 60, 60)
"""Seconds before each repetition."""


def retried(opts: pulumi.ResourceOptions, name: str) -> pulumi.ResourceOptions:
    """The options of the resource `name`, with which its operations wait for a busy server."""
    opts.hooks = opts.hooks or pulumi.ResourceHookBinding()
    opts.hooks.on_error = [pulumi.ErrorHook(f"{name}: busy server", _retry)]
    return opts


async def _retry(call: pulumi.ErrorHookArgs) -> bool:
    failures = len(call.errors)
    if not BUSY.search(call.errors[0]) or failures > len(PAUSES):
        return False
    pause = PAUSES[failures - 1]
    pulumi.info(f"{call.name}: the server is busy; trying again in {pause} s")
    await asyncio.sleep(pause)
    return True
