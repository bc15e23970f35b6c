"""The rules of the policy pack, one file for each subject."""

from . import (
    backups,
    chart,
    deletion,
    encryption,
    generated_passwords,
    latency,
    network,
    passwords,
    public,
    tls_client,
    tls_server,
    versions,
    zone,
)

POLICIES = (
    public.POLICY,
    network.POLICY,
    encryption.POLICY,
    backups.POLICY,
    deletion.BOTH_PLACES,
    deletion.UNPROTECTED,
    tls_server.POLICY,
    tls_client.POLICY,
    versions.POLICY,
    zone.POLICY,
    passwords.POLICY,
    generated_passwords.POLICY,
    latency.POLICY,
    chart.POLICY,
)
