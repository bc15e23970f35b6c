"""The review comment on plans of the real engine, for each cloud."""

import re
from pathlib import Path
from typing import Any

import pytest

from review.comment import comment
from review.plan import PlanError, parse
from tests.engine.aws import AwsStack
from tests.engine.azure import AzureStack
from tests.engine.cloud import CloudStack
from tests.engine.gcp import GcpStack
from tests.engine.stack import Stack

SECRET = "pl4nted-canary"
MACHINES = {
    "aws": ("db.m6i.large", "db.m6i.xlarge"),
    "azure": ("Standard_D2ds_v5", "Standard_D4ds_v5"),
    "gcp": ("db-custom-2-8192", "db-custom-4-16384"),
}
OTHER_KEY: dict[str, dict[str, Any]] = {
    "aws": {"kmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/abc"},
    "azure": {"geoRedundantBackup": True},
    "gcp": {"encryptionKeyName": "projects/p/locations/us-east1/keyRings/r/cryptoKeys/k"},
}
"""A setting of the server that it takes only when it is made."""


def reviewed(stack: Stack) -> str:
    return comment(parse(stack.plan()))


def section(title: str, text: str) -> str:
    """The lines of a section."""
    found = re.search(rf"^\*\*{title}\*\*\n\n((?:- .*\n)+)", text, re.MULTILINE)
    assert found, f"no section {title} in:\n{text}"
    return found[1]


@pytest.mark.parametrize("stack_type", [AwsStack, AzureStack, GcpStack])
def test_plans_of_each_cloud(
    stack_type: type[CloudStack], engine: dict[str, str], tmp_path: Path
) -> None:
    stack = stack_type(tmp_path / "coder", engine)
    cloud, (small, medium) = stack.cloud_name, MACHINES[stack.cloud_name]
    made = reviewed(stack)
    assert "`postgres-server`" in section("Database", made)
    assert "`postgres-admin-password`" in section("Made", made)
    stack.up()
    asked = reviewed(stack.set(size="medium", storageGb=128, backupDays=14))
    size = f"`size` (`{small}` → `{medium}`)"
    [line] = [each for each in section("Database", asked).splitlines() if size in each]
    if cloud == "aws":
        assert "**waits for the maintenance window** (`sun:04:30-sun:05:30` UTC)" in line
        assert "60 to 120 seconds" in line
        assert "**+$129.94 per month** in `us-east-1`" in section("Cost", asked)
    else:
        assert "**refused** until `applyImmediately` is true" in line
        assert "**Refused:**" in asked
        assert "size: this change interrupts Coder" in asked
        assert f"no list price of `{medium}`" in section("Cost", asked)

    now = reviewed(stack.set(applyImmediately=True))
    assert "**Refused" not in now
    assert f"- {size} is made **by this update** and interrupts" in section("Database", now)
    online = re.search(r"- Without an interruption: (.*)", now)
    assert online, now
    assert re.search("retainedBackups|backupRetention", online[1])
    assert ("iskSize" in online[1] or "storageSizeGB" in online[1]) == (cloud != "aws")

    refused = reviewed(stack.set(size="small", server=OTHER_KEY[cloud]))
    assert "**Refused:**" in refused
    assert re.search("protected: this update would replace it|geoRedundantBackup: ", refused)
    assert "cryptoKeys/k" not in refused


def test_planted_secrets_are_not_in_the_comment(stack: Stack) -> None:
    """Some are marked as secret; a person forgot to mark the others."""
    stack.program(
        "config = pulumi.Config()\n"
        f'Thing("a", size=3, password=pulumi.Output.secret("{SECRET}-1"))\n'
        f'Thing("b", size=3, zone="{SECRET}-2", shape={{"sides": 3}})\n'
        'Thing("c", size=1, zone=config.require("clear"))\n'
        'Thing("d", size=1, password=config.require_secret("encrypted"))\n'
    )
    stack.run("config", "set", "--secret", "encrypted", f"{SECRET}-3")
    stack.run("config", "set", "clear", f"{SECRET}-4")
    stack.run("config", "set", "--path", "nested.deeper", f"{SECRET}-5")
    made = stack.plan()
    stack.up()
    assert "**No changes** of resources." in reviewed(stack)
    text = (stack.folder / "__main__.py").read_text().replace(SECRET, f"new-{SECRET}")
    (stack.folder / "__main__.py").write_text(text)
    changed = stack.plan()
    hook = (
        "def refuse(_):\n"
        "    raise pulumi.RunError(f\"zone: {config.require('clear')}, {config.get('nested')}\")\n"
        'hook = pulumi.ResourceHook("rules", refuse, pulumi.ResourceHookOptions(on_dry_run=True))\n'
        "opts = pulumi.ResourceOptions(\n"
        "    hooks=pulumi.ResourceHookBinding(before_update=[hook])\n"
        ")\n"
        'Thing("e", opts, size=3)\n'
    )
    stack.program(f"config = pulumi.Config()\n{hook.replace('before_update', 'before_create')}")
    by_hook = stack.plan()
    stack.program(f'Thing("a", size="{SECRET}-6")')
    by_provider = stack.plan()
    stack.program(f'raise ValueError("{SECRET}-7")')
    by_exception = stack.plan()
    for plan in (made, changed, by_hook, by_provider, by_exception):
        assert SECRET in plan, "nothing was planted"
        assert SECRET not in comment(parse(plan))
    assert "zone: [hidden]" in comment(parse(by_hook))
    assert "what the engine or a provider said in 1 error." in comment(parse(by_provider))
    assert "`b`" in section("Replaced", comment(parse(changed)))


def test_markdown_in_names_does_not_break_the_comment(stack: Stack) -> None:
    name = "`x` | <img src=x> [a](http://b) **b**\n\n# @everyone <!--"
    stack.program(f"Thing({name!r}, size=3)")
    span = "`` `x` | <img src=x> [a](http://b) **b**  # @everyone <!-- ``"
    assert section("Made", reviewed(stack)) == f"- {span}, `toy:index:Thing`\n"


def test_preview_that_fails_before_the_engine_starts_has_no_plan(stack: Stack) -> None:
    (stack.folder / "Pulumi.yaml").write_text(
        "name: engine\nruntime: python\nconfig: {a: {type: string}}\n"
    )
    with pytest.raises(PlanError, match="prints no plan"):
        parse(stack.plan())
