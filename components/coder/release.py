"""The Helm release of Coder's chart."""

import dataclasses

import pulumi
from pulumi_kubernetes import helm

from components import guards
from components.charts import values
from components.charts.installation import release_inputs
from components.coder.args import CoderArgs
from components.coder.chart_version import refuse_lower_version
from components.coder.exposure_change import refuse_lost_address
from components.coder.release_conflict import release_conflict
from components.coder.rollout_marker import RolloutMarker

RELEASE = "coder"
HOOK_SECONDS = 900
"""For a chart's own hooks: Helm does not wait for anything else."""


def release(
    name: str,
    args: CoderArgs,
    namespace: pulumi.Input[str],
    marker: RolloutMarker,
    parent: pulumi.Resource,
) -> helm.v3.Release:
    """The release; Helm applies the objects and returns, and RolloutWait waits for Coder.

    It has no secret in its values.
    """
    options = dataclasses.replace(args.options, rollout_marker=marker.name)
    opts = guards.protected(
        parent,
        name,
        protect=args.spec.protect,
        because=" by the settings namespace or cluster",
        conflict=release_conflict(
            args.spec.cluster, args.spec.namespace, RELEASE, _service_account(args), parent
        ),
    )
    binding = opts.hooks = opts.hooks or pulumi.ResourceHookBinding()
    binding.before_update = [
        *(binding.before_update or ()),
        marker.refuse_old,
        refuse_lower_version(name, args.spec.cluster, args.chart.service),
        refuse_lost_address(name, args),
    ]
    return helm.v3.Release(
        name,
        name=RELEASE,
        namespace=namespace,
        version=str(args.chart),
        **release_inputs(args.chart_repository, args.chart_archive),
        values=values.merge(args.chart.values(args.connection, options), args.chart_values),
        # Nothing is rolled back or deleted: rollout_wait.py says why.
        atomic=False,
        cleanup_on_fail=False,
        skip_await=True,
        max_history=5,
        timeout=HOOK_SECONDS,
        opts=opts,
    )


def _service_account(args: CoderArgs) -> str:
    """The name of the chart's ServiceAccount; only v2 has a value for another one."""
    found = values.at(args.chart_values, "coder.serviceAccount.name")
    return found if isinstance(found, str) else RELEASE
