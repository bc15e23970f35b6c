"""`cloud: aws`: an EKS cluster, and an RDS for PostgreSQL instance in the zone of its nodes."""

from components.aws.discovery import discover
from components.aws.policy import POLICY, traits
from components.aws.postgres import Postgres
from components.aws.recovery import IMPORT_IDS
from components.aws.settings import Settings

__all__ = ["IMPORT_IDS", "POLICY", "Postgres", "Settings", "discover", "traits"]
