"""A cloud on this machine: real Kubernetes, PostgreSQL and Pulumi engine, simulated cloud APIs."""


class SandboxError(Exception):
    """An error that the user can fix; the command line prints its text without a traceback."""
