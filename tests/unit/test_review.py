"""The review comment: costs, Coder, what may be shown, and markdown that others wrote."""

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from components.clouds import CLOUDS
from components.server.changes import Effect
from review.__main__ import main
from review.comment import comment
from review.durations import _STATED
from review.markdown import block, code
from review.plan import PlanError, parse
from review.prices import PRICES

CANARY = "c4n4ry-word"
OTHER_CANARY = "c4n4ry-of-a-provider"
ROOT_URN = "urn:pulumi:prod::coder::"
EVIL = [
    "",
    "`",
    "``a`",
    "a`",
    "\n\n# x",
    "<!--",
    "a\u202eb",
    "| a |",
    "\x00",
    "$&",
    "```\nx\n```",
    "~~~",
]
MANAGED = [name for name, cloud in CLOUDS.items() if cloud.POLICY]
NEW_YORK = {"cloud": "aws", "region": "us-east-1"}
INSTANCE = {"instanceClass": "db.m6i.large", "multiAz": False, "allocatedStorage": 64}


def step(name: str, op: str = "update", type: str = "a:b:C", **states: Any) -> dict[str, Any]:
    """A step; `old`, `state` and `new` are inputs, outputs and inputs."""
    old = {"custom": True, "inputs": states.get("old", {}), "outputs": states.get("state", {})}
    new = {"custom": True, "inputs": states.get("new", {})}
    states_of_op = {"create": {"newState": new}, "delete": {"oldState": old}}
    return {
        "op": op,
        "urn": f"{ROOT_URN}coder:coder:Coder${type}::{name}",
        "detailedDiff": states.get("diff"),
        **states_of_op.get(op, {"oldState": old, "newState": new}),
    }


def server(op: str = "update", **changes: Any) -> dict[str, Any]:
    """A step of an RDS instance that changes these inputs."""
    diff = {key: {"kind": "update"} for key in changes}
    new = INSTANCE | {"applyImmediately": False} | changes
    return step(
        "postgres-server", op, "aws:rds/instance:Instance", state=INSTANCE, new=new, diff=diff
    )


def plan(*steps: dict[str, Any], errors: tuple[str, ...] = (), **settings: str) -> str:
    """What the CLI prints."""
    return json.dumps(
        {
            "config": {f"coder:{key}": value for key, value in (NEW_YORK | settings).items()},
            "steps": steps,
            "diagnostics": [{"message": error, "severity": "error"} for error in errors],
        }
    )


def said(*steps: dict[str, Any], errors: tuple[str, ...] = (), **settings: str) -> str:
    return comment(parse(plan(*steps, errors=errors, **settings)))


def refused(line: str, **settings: str) -> str:
    error = f"error: The settings of stack prod can't be used:\n  {line}\n"
    return said(errors=(error,), **settings)


def test_standby_is_charged_as_a_second_server() -> None:
    assert "$129.94 → $259.88, **+$129.94 per month** in `us-east-1`" in said(server(multiAz=True))


def test_smaller_machine_and_deletion_save_money() -> None:
    assert "`db.m6i.large` → nothing: $129.94 → $0.00, **-$129.94 per month**" in said(
        server("delete")
    )


@pytest.mark.parametrize(
    ("changes", "region"),
    [({"instanceClass": "db.m7g.large"}, "us-east-1"), ({"multiAz": True}, "eu-west-1")],
)
def test_unknown_price_is_said(changes: dict[str, Any], region: str) -> None:
    text = said(server(**changes), region=region)
    assert "Not known: this program has no list price of" in text
    assert f"in `{region}`" in text
    assert "$" not in text


def test_change_of_no_machine_has_no_cost() -> None:
    assert "**Cost**" not in said(server(allocatedStorage=128))


@pytest.mark.parametrize("cloud", MANAGED)
def test_prices_are_of_the_clouds_own_sizes(cloud: str) -> None:
    policy = CLOUDS[cloud].POLICY
    assert policy
    prices = PRICES[cloud]
    assert {machine for _, machine in prices.hourly} == set(policy.sizes.values())
    small, medium, large = (
        prices.hourly[region, policy.sizes[size]]
        for region, size in [
            (region, size) for region, _ in [next(iter(prices.hourly))] for size in policy.sizes
        ]
    )
    assert medium == pytest.approx(2 * small)
    assert large == pytest.approx(4 * small)
    assert prices.source.startswith("https://")
    assert "20" in prices.read


@pytest.mark.parametrize(("cloud", "setting"), list(_STATED))
def test_durations_are_of_settings_that_interrupt(cloud: str, setting: str) -> None:
    policy = CLOUDS[cloud].POLICY
    assert policy
    [effect] = [each.effect for each in policy.effects if each.setting == setting]
    assert effect in (Effect.INTERRUPTS, Effect.WAITS_FOR_WINDOW)


@pytest.mark.parametrize("op", ["replace", "delete"])
def test_loss_of_the_server_says_what_is_left(op: str) -> None:
    text = said(server(op))
    assert "a final snapshot, and the automated backups" in text
    assert "begins empty" in text


def test_earlier_changes_are_made_with_this_one() -> None:
    changed = server(instanceClass="db.m6i.xlarge", applyImmediately=True)
    changed["oldState"]["inputs"] = {"applyImmediately": False}
    text = said(changed, applyImmediately="true")
    assert "Changes of earlier updates that still wait for the maintenance window are made" in text
    assert "`size` (`db.m6i.large` → `db.m6i.xlarge`) is made **by this update** and" in text
    assert "Without an interruption" not in text


def test_value_that_is_hidden_or_unknown_breaks_nothing() -> None:
    changed = step("postgres-server", state={"settings": "[secret]"}, new={"settings": "[secret]"})
    assert "`size`" in said(changed, cloud="gcp")


RELEASE = "kubernetes:helm.sh/v3:Release"


def test_upgrade_of_the_chart_restarts_coder() -> None:
    changed = step(
        "coder-release", type=RELEASE, old={"version": "2.1.0"}, new={"version": "2.2.0"}
    )
    text = said(changed)
    assert "**Coder's pods restart**, because of the chart's version (`2.1.0` → `2.2.0`)." in text


def test_rotation_restarts_coder_and_shows_no_digest() -> None:
    data = {"username": "coder_blue", "password": f"{CANARY}-1", "host": "db", "chart": "v2 2.1.0"}
    new = data | {"username": "coder_green", "password": f"{CANARY}-2", "chart": "v2 2.2.0"}
    marker = step("coder-record", "replace", old={"data": data}, new={"data": new})
    text = said(marker, step("coder-release", type=RELEASE))
    assert "because of the connection to the database (`username`, `password`)." in text
    assert CANARY not in text


def test_other_values_may_restart_coder() -> None:
    diff = {"values.coder.replicaCount": {}}
    text = said(step("coder-release", type=RELEASE, diff=diff))
    assert "**Coder's pods restart**" not in text
    assert "what changes of its values: `values.coder.replicaCount`" in text


@pytest.mark.parametrize(
    ("op", "words"),
    [
        ("create", "Coder is installed: chart `2.2.0`"),
        ("delete", "**Coder is uninstalled.**"),
        ("replace", "**Coder is uninstalled and installed anew.**"),
    ],
)
def test_release_is_made_and_deleted(op: str, words: str) -> None:
    assert words in said(step("coder-release", op, RELEASE, new={"version": "2.2.0"}))


def test_jobs_and_a_lost_namespace_are_told() -> None:
    text = said(
        step("coder-preflight", "replace", "kubernetes:batch/v1:Job"),
        step("coder-namespace", "delete", "kubernetes:core/v1:Namespace"),
    )
    assert "These Jobs run: `coder-preflight`." in text
    assert "- `coder-preflight`, `kubernetes:batch/v1:Job` (runs again)" in text
    assert "The Namespace `coder-namespace` is deleted, with everything in it" in text


def test_component_and_stack_are_no_changes() -> None:
    component = step("postgres", "create")
    component["newState"]["custom"] = False
    assert "**No changes** of resources." in said(component)


def test_end_of_protection_is_told_also_where_nothing_else_changes() -> None:
    unprotected = step("postgres-firewall", "same")
    unprotected["oldState"]["protect"] = True
    assert "**No longer protected from deletion**\n\n- `postgres-firewall`" in said(unprotected)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("replicas: is 99, must be 1 to 10", "replicas: is 99, must be 1 to 10"),
        (f'accessUrl: is "{CANARY}", must be a URL', "accessUrl: not accepted"),
        (f"existing.port: is '{CANARY}', must be a whole number", "existing: not accepted"),
        (f"existing.{CANARY}: no such key", "existing: not accepted"),
        (f"AccessDenied: {OTHER_CANARY}", "a line that may hold a value"),
        (f"zone: is {CANARY} of the cluster", "zone: is [hidden] of the cluster"),
        (f"zone: https://me:{CANARY}x@host/", "zone: https://[hidden]@host/"),
    ],
)
def test_only_the_values_of_harmless_settings_are_shown(line: str, shown: str) -> None:
    nested = json.dumps({"a": [{"b": CANARY}], "n": 1, "t": True})
    text = refused(line, accessUrl="", existing=nested, zone="", replicas="99")
    assert shown in text
    assert CANARY not in text
    assert OTHER_CANARY not in text


def test_refusal_of_a_hook_is_shown_with_its_resource() -> None:
    error = {
        "urn": f"{ROOT_URN}a:b:C::postgres-server",
        "message": 'error: Preview failed: before hook "x: rules" failed: storage never shrinks\n',
        "severity": "error",
    }
    last = {"message": "error: preview failed\n", "severity": "error"}
    text = comment(parse(json.dumps({"diagnostics": [error, last]})))
    assert "`postgres-server`:\n\n```text\nstorage never shrinks\n```" in text
    assert "log" not in text


@pytest.mark.parametrize("text", EVIL)
def test_code_span_is_closed_by_its_own_fence_only(text: str) -> None:
    span = code(text)
    found = re.match("`+", span)
    assert found
    fence = found[0]
    inner = span.removeprefix(fence).removesuffix(fence)
    assert inner.strip()
    assert fence not in re.findall("`+", inner)
    assert span.endswith(fence)
    assert span.isprintable()


@pytest.mark.parametrize("text", EVIL)
def test_block_is_closed_by_its_own_fence_only(text: str) -> None:
    first, *inner, last = block(text).split("\n")
    assert first == f"{last}text"
    assert set(last) == {"`"}
    assert not [line for line in inner if line.strip().startswith(last)]


def test_comment_fits_into_what_github_takes() -> None:
    many = [step(f"{'x' * 300}{number}", "create") for number in range(200)]
    made = said(*many)
    assert made.count("xxx`, `a:b:C`") == 40
    assert "- and 160 more, in the preview's log" in made
    document = json.loads(plan(*many))
    document["diagnostics"] = [
        {
            "urn": f"{ROOT_URN}a:b:C::{number}",
            "message": f'error: before hook "rules" failed: {"y" * 20000}',
            "severity": "error",
        }
        for number in range(20)
    ]
    refused = comment(parse(json.dumps(document)))
    assert 50_000 < len(refused) < 65_536
    assert refused.endswith("The rest is only in the preview's log.\n")


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "{", "error: no stack", '{"sequence": 1}', "{\n}"]
)
def test_other_input_is_refused(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert main([]) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("error: the input is not what `pulumi preview --json` prints")
    assert not captured.out


def test_lines_around_the_plan_are_skipped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "plan"
    text = json.dumps(json.loads(plan(step("a", "create"))), indent=4)
    file.write_text(f"sandbox: x = {{}}\n{text}\nerror: preview failed\n")
    assert main([str(file)]) == 0
    assert "- `a`, `a:b:C`" in capsys.readouterr().out
    assert main([str(tmp_path / "none")]) == 1
    assert "No such file" in capsys.readouterr().err


def test_plan_error_names_the_cause() -> None:
    with pytest.raises(PlanError, match="PULUMI_ENABLE_STREAMING_JSON_PREVIEW must not be set"):
        parse('{"sequence": 1}\n{"sequence": 2}')
