"""Reads single settings of the stack, and keeps a line for each that is wrong."""

import re
from pathlib import Path
from typing import Any

import pulumi

from components import certificates, decode_settings
from components.charts.values import Values
from components.clouds import Cloud

URL = re.compile(r"https?://[^\s/]\S*")


class Reader:
    """Reads on after something wrong, so that everything wrong is named at once."""

    def __init__(self) -> None:
        self.config = pulumi.Config()
        self.problems: list[str] = []

    def chart_values(self) -> Values:
        """What is asked for of the chart beside what the program sets."""
        if pulumi.runtime.is_config_secret(self.config.full_key("chartValues")):
            self.problems.append(
                "chartValues: holds a secret, which Helm would keep in the clear; put it into a "
                "Kubernetes Secret and give the chart that Secret's name"
            )
        return self.config.require_object("chartValues")

    def object(self, cloud: Cloud, key: str) -> Any:
        """The object of that key in the cloud's words, or None if something is wrong with it."""
        data = self.config.require_object(key)
        if key not in cloud.OBJECTS:
            if data:
                self.problems.append(f"{key}: is set, yet this cloud takes none; take it out")
            return None
        secret = pulumi.runtime.is_config_secret(self.config.full_key(key))
        self.problems += [
            f"{key}.{word}: is given in the clear; type "
            f"`pulumi config set --secret --path {key}.{word}`"
            for word in data
            if "password" in word.lower() and data[word] and not secret
        ]
        value, problems = decode_settings.read(cloud.OBJECTS[key], data, key)
        self.problems += problems
        return value

    def ca_certificate(self) -> str | None:
        """The PEM of the file that `caCertificate` names, or None."""
        path = self.config.require("caCertificate")
        if not path:
            return None
        try:
            return certificates.read(Path(path))
        except certificates.CertificateError as error:
            self.problems.append(f"caCertificate: {error}")
            return None

    def url(self, key: str) -> str:
        """The URL of that key, or an empty string."""
        url = self.config.require(key)
        if url and not URL.fullmatch(url):
            self.problems.append(
                f'{key}: is "{url}", must be a URL that begins with https:// or http://'
            )
        return url
