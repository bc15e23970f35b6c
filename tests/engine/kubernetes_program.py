"""The program, with one Secret instead of Coder and its other objects in the cluster."""

import os
import runpy
from pathlib import Path
from typing import Any

import pulumi
from pulumi_kubernetes import core

from components.coder import coder


class OneSecret(pulumi.ComponentResource):
    access_url = address = namespace = secret_name = ""
    service_port = 0

    def __init__(self, name: str, args: Any, opts: pulumi.ResourceOptions) -> None:
        super().__init__("test:index:OneSecret", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        core.v1.Secret("secret", string_data={"key": "value"}, opts=child)
        self.register_outputs({})


coder.Coder = OneSecret
runpy.run_path(str(Path(os.environ["PROJECT"], "__main__.py")))
