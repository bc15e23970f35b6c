"""An update that is killed while it creates an RDS instance."""

from tests.sandbox.aws import on_rds
from tests.sandbox.conftest import MakeAws


def test_recover_adopts_an_instance_whose_creation_was_killed(make_aws: MakeAws) -> None:
    stack = make_aws("rds-killed", protect=True)
    stack.adopts_a_killed_creation("resourceId")
    on_rds(stack)
    stack.unchanged()
