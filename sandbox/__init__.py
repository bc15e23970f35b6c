"""This machine as a cloud: real Kubernetes, PostgreSQL and Pulumi engine, simulated cloud APIs."""


class SandboxError(Exception):
    """Something that a person can put right; its text is the one line that they see."""
