"""The policy pack: `pulumi up --policy-pack policy`."""

from pulumi_policy import PolicyPack
from rules import POLICIES

PolicyPack(name="coder", policies=list(POLICIES))
