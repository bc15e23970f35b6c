"""Reads single settings of the stack, and keeps a line for each one that is wrong."""

import difflib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pulumi
import pulumi.runtime.config
import yaml

from components import certificates, setting_model
from components.kubernetes.job_settings import ClusterRules
from components.setting_model import SettingModel

URL = re.compile(r"https?://[^\s/]\S*")
OBJECTS = ("cluster", "network", "server", "restoreFrom", "existing")
"""The settings that are objects in a cloud's own words."""
PROJECT = Path(__file__).with_name("Pulumi.yaml")
"""Declares every setting."""


class SettingReader:
    """Continues after a fault, so that all faults are named at once."""

    def __init__(self) -> None:
        self.config = pulumi.Config()
        self.problems: list[str] = []

    def unknown_settings(self) -> Iterator[str]:
        """A line for each setting that Pulumi.yaml does not declare, such as a misspelt one."""
        declared = yaml.safe_load(PROJECT.read_text())["config"]
        values = pulumi.runtime.config
        prefix = self.config.full_key("")
        for key in sorted({*values.CONFIG.get(), *values.get_config_env()}):
            name = key.removeprefix(prefix)
            if key != name and name not in declared:
                meant = difflib.get_close_matches(name, declared, n=1)
                guess = f", did you mean {meant[0]}?" if meant else ";"
                yield f"{name}: no such setting{guess} type `pulumi config rm {name}`"

    def objects(self, cloud: str, model: type[SettingModel]) -> Any:
        """The objects in the cloud's own words, or None if one of them is wrong."""
        taken = {field.alias for field in model.model_fields.values()}
        data: dict[str, Any] = {}
        for key in OBJECTS:
            value = self.config.require_object(key)
            if key in taken:
                data[key] = value
                self.problems += self._clear_passwords(key, value)
            elif value:
                self.problems.append(f"{key}: not supported by cloud {cloud}; remove it")
        settings, problems = setting_model.parse(model, data)
        self.problems += problems
        return settings

    def certificates(self, key: str) -> str | None:
        """The PEM of the file that the setting names, or None."""
        path = self.config.require(key)
        if not path:
            return None
        try:
            return certificates.read(Path(path))
        except certificates.CertificateError as error:
            self.problems.append(f"{key}: {error}")
            return None

    def cluster_rules(self) -> ClusterRules:
        """What the cluster's rules demand; the defaults if a part of it is wrong."""
        data = {key: self.config.require_object(key) for key in ("jobs", "namespaceLabels")}
        found, problems = setting_model.parse(ClusterRules, data)
        self.problems += problems
        return found or ClusterRules()

    def url(self, key: str) -> str:
        """The URL of that key, or an empty string."""
        url = self.config.require(key)
        if url and not URL.fullmatch(url):
            self.problems.append(
                f'{key}: is "{url}", must be a URL that begins with https:// or http://'
            )
        return url

    def _clear_passwords(self, key: str, value: Mapping[str, Any]) -> Iterator[str]:
        if pulumi.runtime.is_config_secret(self.config.full_key(key)):
            return
        for name in value:
            if "password" in name.lower() and value[name]:
                yield (
                    f"{key}.{name}: is not encrypted; type "
                    f"`pulumi config set --secret --path {key}.{name}`"
                )
