"""Settings and chart values that contradict the setting `exposure`."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from components.charts import values
from components.coder.exposure import CERTIFICATE, INTERNAL, INTERNET, MODES, OWN, Exposure

CLASSES = {
    "networking.gke.io/l4-regional-internal": INTERNAL,
    "networking.gke.io/l4-regional-external": INTERNET,
}
"""Load balancer classes that take precedence over the annotations."""


def exposure_problems(exposure: Exposure) -> Iterator[str]:
    """One line for each contradiction."""
    if exposure.mode not in MODES:
        yield f'exposure: is "{exposure.mode}", must be one of: {", ".join(MODES)}'
        return
    keys = exposure.chart.entry
    for key in sorted(OWN & set(exposure.annotations)):
        path = f"chartValues.{keys.annotations}.{key}"
        yield f"{path}: the program sets this key; set exposure instead"
    yield from _type_problems(exposure)
    yield from _tunnel_problems(exposure)
    if exposure.mode == INTERNET:
        yield from _internet_problems(exposure)


def _type_problems(exposure: Exposure) -> Iterator[str]:
    """What contradicts the exposure in the fields of the Service."""
    key, found = f"chartValues.{exposure.chart.entry.service}", exposure.service_type
    if not exposure.balanced:
        if found == "LoadBalancer" and exposure.has_service:
            route = exposure.route and f"chartValues.{exposure.route} is enabled"
            yield (
                f'{key}.type: is "LoadBalancer", but {route or "exposure is none"}; remove it, or '
                + (f"chartValues.{exposure.route}" if route else "set exposure to internal")
            )
        return
    if found not in (None, "LoadBalancer"):
        yield (
            f"{key}.type: is {values.shown(found)}, but exposure is {exposure.mode}, which is a "
            "load balancer; set exposure to none"
        )
    name = exposure.value(f"{exposure.chart.entry.service}.loadBalancerClass")
    other = CLASSES.get(str(name), exposure.mode)
    if other != exposure.mode:
        yield (
            f'{key}.loadBalancerClass: is "{name}", but exposure is {exposure.mode}; remove it, or '
            f"set exposure to {other}"
        )


def _tunnel_problems(exposure: Exposure) -> Iterator[str]:
    """Without any URL, Coder opens a tunnel: https://coder.com/docs/admin/setup."""
    key = exposure.chart.entry.default_access_url
    if exposure.value(key) is not False:
        return
    if not (exposure.given_url or exposure.url_variable or exposure.url_sources):
        yield (
            f"accessUrl: missing, but chartValues.{key} is false, so that Coder would open a "
            "tunnel to the internet; type `pulumi config set accessUrl …`"
        )


def _internet_problems(exposure: Exposure) -> Iterator[str]:
    url, keys = exposure.given_url, exposure.chart.entry
    if not url.startswith("https://"):
        found = f'is "{url}"' if url else "missing"
        yield (
            f"accessUrl: {found}, but exposure is internet, which needs the https:// URL of Coder; "
            "type `pulumi config set accessUrl https://…`"
        )
    if not exposure.balanced:
        return
    if not exposure.has_certificate:
        yield (
            "exposure: is internet, but Coder would be on plain HTTP there; set "
            f"chartValues.{keys.tls}, chartValues.{keys.annotations} with {CERTIFICATE}, or "
            f"chartValues.{keys.routes[0]}"
        )
    elif exposure.service_port == 80 and not urlsplit(url).netloc.endswith(":80"):
        yield (
            f'accessUrl: is "{url}", but where only the load balancer has a certificate, the '
            f"chart's Service has port 80 alone; set chartValues.{keys.tls}, too, or use "
            f"chartValues.{keys.routes[0]}, or end accessUrl with :80"
        )
