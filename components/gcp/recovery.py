"""The IDs by which `pulumi import` finds what a killed update was creating."""

from collections.abc import Callable, Mapping
from typing import Any

from components.gcp.network import CONNECTION

IMPORT_IDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "gcp:sql/databaseInstance:DatabaseInstance": (
        lambda inputs: f"projects/{inputs['project']}/instances/{inputs['name']}"
    ),
    "gcp:sql/user:User": (
        lambda inputs: f"{inputs['project']}/{inputs['instance']}/{inputs['name']}"
    ),
    "gcp:compute/globalAddress:GlobalAddress": (
        lambda inputs: f"projects/{inputs['project']}/global/addresses/{inputs['name']}"
    ),
    CONNECTION: lambda inputs: f"{inputs['network']}:{inputs['service']}",
}
"""By resource type, how the ID follows from the inputs; the provider says whether it exists."""
