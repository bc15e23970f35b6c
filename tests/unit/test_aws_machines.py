"""The memory and the connection limit of each instance class."""

import pytest

from components.aws import machines


@pytest.mark.parametrize(
    ("instance_class", "gib"),
    [
        ("db.t4g.micro", 1),
        ("db.t3.2xlarge", 32),
        ("db.m6i.large", 8),
        ("db.m7g.xlarge", 16),
        ("db.m6i.2xlarge", 32),
        ("db.r6gd.16xlarge", 512),
        ("db.x2iedn.xlarge", 64),
        ("db.q9.large", None),
    ],
)
def test_class_has_the_memory_of_its_family(instance_class: str, gib: int | None) -> None:
    assert machines.memory_gib(instance_class) == gib


def test_connection_limit_is_not_above_that_of_rds() -> None:
    assert machines.max_connections("db.m6i.large") == 675
    assert machines.max_connections("db.r6i.32xlarge") == 5000
    assert machines.max_connections("db.q9.large") is None
