"""Who can reach Coder: the setting `exposure`, and what the chart's Service gets for it."""

import dataclasses
from typing import Any

from components.charts import Chart, environment, values
from components.charts.options import ServiceOptions
from components.charts.values import Values

INTERNAL, INTERNET, NONE = MODES = ("internal", "internet", "none")
AWS, AZURE = "service.beta.kubernetes.io/aws", "service.beta.kubernetes.io/azure"
ANNOTATIONS: dict[str, dict[str, str]] = {
    # A cloud ignores the annotations of the others. On EKS, two controllers read one key each:
    # https://cloud-provider-aws.sigs.k8s.io/service_controller/
    # https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/service/annotations/
    # https://kubernetes-sigs.github.io/cloud-provider-azure/topics/loadbalancer
    # https://cloud.google.com/kubernetes-engine/docs/concepts/service-load-balancer-parameters
    INTERNAL: {
        f"{AWS}-load-balancer-internal": "true",
        f"{AWS}-load-balancer-scheme": "internal",
        f"{AZURE}-load-balancer-internal": "true",
        "networking.gke.io/load-balancer-type": "Internal",
    },
    # GKE has no value for it: an external load balancer is one without the annotation.
    INTERNET: {
        f"{AWS}-load-balancer-internal": "false",
        f"{AWS}-load-balancer-scheme": "internet-facing",
        f"{AZURE}-load-balancer-internal": "false",
    },
}
OWN = {*ANNOTATIONS[INTERNAL], "cloud.google.com/load-balancer-type"}
"""The annotations that only the program sets; GKE still reads the last one."""
CERTIFICATE = f"{AWS}-load-balancer-ssl-cert"
"""The annotation of a Service with a certificate for its load balancer."""
ROUTE_CERTIFICATES = {
    "alb.ingress.kubernetes.io/certificate-arn",
    "appgw.ingress.kubernetes.io/appgw-ssl-certificate",
    "ingress.gcp.kubernetes.io/pre-shared-cert",
    "networking.gke.io/managed-certificates",
}
"""The annotations of an Ingress that give it a certificate without a Secret."""
# https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/cert_discovery
ALB_PORTS = "alb.ingress.kubernetes.io/listen-ports"
"""With HTTPS in it, the controller finds the certificate by the host's name."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Exposure:
    """How the values of one stack's chart let people reach Coder."""

    mode: str
    chart: Chart
    chart_values: Values
    """The user's own."""
    access_url: str
    """The setting."""

    @property
    def route(self) -> str:
        """The key of the Ingress, or of what else replaces the load balancer; or empty."""
        routes = self.chart.entry.routes
        return next((key for key in routes if self.value(f"{key}.enable") is True), "")

    @property
    def has_service(self) -> bool:
        """Whether the chart makes a Service."""
        return self.value(f"{self.chart.entry.service}.enable") is not False

    @property
    def balanced(self) -> bool:
        """Whether the Service is a load balancer."""
        return self.mode != NONE and not self.route and self.has_service

    @property
    def service(self) -> ServiceOptions:
        """What the program sets of the Service."""
        if self.balanced:
            return ServiceOptions(annotations=ANNOTATIONS.get(self.mode, {}))
        return ServiceOptions(type="" if self.service_type else "ClusterIP")

    @property
    def service_type(self) -> Any:
        """The type in the user's values."""
        return self.value(f"{self.chart.entry.service}.type")

    @property
    def annotations(self) -> Values:
        """The annotations of the Service in the user's values."""
        found = self.value(self.chart.entry.annotations)
        return found if isinstance(found, dict) else {}

    @property
    def has_certificate(self) -> bool:
        """Whether Coder, or its own load balancer, serves HTTPS."""
        return bool(self.value(self.chart.entry.tls) or CERTIFICATE in self.annotations)

    @property
    def given_url(self) -> str:
        """The access URL, if the setting or a plain environment variable gives it."""
        value = self.access_url or self.url_variable.get("value")
        return value if isinstance(value, str) else ""

    @property
    def url_variable(self) -> Values:
        """The user's environment variable with the access URL; empty if there is none."""
        entries = self.value(self.chart.environment)
        return environment.variable(entries, self.chart.entry.access_url)

    @property
    def url_sources(self) -> list[Values]:
        """The entries of `envFrom`, where the access URL may be from one of them."""
        # The chart's own URL, like any variable of a pod, takes precedence over `envFrom`.
        if self.url_variable or self.value(self.chart.entry.default_access_url) is not False:
            return []
        found = self.value(self.chart.entry.environment_sources)
        return [each for each in (found if isinstance(found, list) else []) if each]

    @property
    def route_url(self) -> str:
        """The URL of the host in the route; ends after the scheme if it names none."""
        found = self.value(f"{self.route}.annotations")
        annotations = found if isinstance(found, dict) else {}
        secure = (
            self.value(f"{self.route}.tls.enable") is True
            or self.value(f"{self.route}.httpsRedirect") is True
            or ROUTE_CERTIFICATES & set(annotations)
            or "HTTPS" in str(annotations.get(ALB_PORTS))
        )
        return f"{'https' if secure else 'http'}://{self.value(f'{self.route}.host') or ''}"

    @property
    def service_port(self) -> int:
        """The Service's port that people use; 0 without a Service."""
        if not self.has_service:
            return 0
        has_https_port = self.chart.entry.own_https_port or self.value(self.chart.entry.tls)
        return 443 if has_https_port and self.has_certificate else 80

    def service_url(self, host: str) -> str:
        """The URL of Coder at that address of its Service."""
        if not self.has_certificate:
            return f"http://{host}"
        return f"https://{host}{'' if self.service_port == 443 else ':80'}"

    def value(self, key: str) -> Any:
        """The user's value of that dotted key, or None."""
        return values.at(self.chart_values, key)
