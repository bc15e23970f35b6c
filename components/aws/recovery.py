"""The IDs by which `pulumi import` finds what a killed update was creating."""

from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any

IMPORT_IDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "aws:cloudwatch/logGroup:LogGroup": itemgetter("name"),
    "aws:rds/instance:Instance": itemgetter("identifier"),
    "aws:rds/parameterGroup:ParameterGroup": itemgetter("name"),
    "aws:rds/subnetGroup:SubnetGroup": itemgetter("name"),
}
"""By resource type, how the ID follows from the inputs; the provider says whether it exists."""
