"""The instance classes of RDS and their properties."""

import re

from sandbox.providers.aws import versions
from sandbox.providers.aws.account import Data
from sandbox.providers.aws.errors import invalid

_SIZES = """
c6gd: medium large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge
m6g m6gd m7g r6g r6gd r7g x2g: large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge
m5 m5d r5 r5b r5d: large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge
m6i m6id m6idn m6in r6i r6id r6idn r6in:
    large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge
m7i m8g m8gd r7i r8g r8gd:
    large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge
t3 t4g: micro small medium large xlarge 2xlarge
x2idn: 16xlarge 24xlarge 32xlarge
x2iedn: xlarge 2xlarge 4xlarge 8xlarge 16xlarge 24xlarge 32xlarge
z1d: large xlarge 2xlarge 3xlarge 6xlarge 12xlarge
"""
CLASSES = frozenset(
    f"db.{family}.{size}"
    for line in _SIZES.replace(":\n", ":").strip().splitlines()
    for family in line.split(":")[0].split()
    for size in line.split(":")[1].split()
)
"""The classes that RDS offers for PostgreSQL."""
_CONNECTION_BYTES = 9531392
_GIB = {"micro": 1, "small": 2, "medium": 4, "large": 8, "xlarge": 16}


def refuse(inputs: Data) -> None:
    """Refuse a class that RDS does not offer."""
    instance_class = inputs["instanceClass"]
    if instance_class not in CLASSES:
        version = versions.full(inputs["engineVersion"])
        raise invalid(
            "RDS does not support creating a DB instance with the following combination: "
            f"DBInstanceClass={instance_class}, Engine=postgres, EngineVersion={version}, "
            "LicenseModel=postgresql-license. For supported combinations of instance class and "
            "database engine version, see the documentation."
        )


def has_insights(instance_class: str) -> bool:
    """Whether Performance Insights supports the class."""
    return not re.fullmatch(r"db\.t\w+\.(micro|small)", instance_class)


def max_connections(instance_class: str) -> int:
    """RDS's default for max_connections, computed from the memory of the class."""
    size = instance_class.rsplit(".", 1)[-1]
    times = size.removesuffix("xlarge")
    memory = _GIB.get(size) or 16 * int(times or 1)
    # At most 1000: a real server reserves memory for each connection.
    return min(int(memory * 2**30 * 0.9 / _CONNECTION_BYTES), 1000)
