"""`cloud: aws`: an EKS cluster, and an RDS for PostgreSQL instance in the zone of its nodes."""

from components.aws.discovery import discover
from components.aws.policy import POLICY, traits
from components.aws.postgres import Postgres
from components.aws.recovery import IMPORT_IDS
from components.aws.settings import Settings
from components.kubernetes.images import ECR_PUBLIC as TOOLS_IMAGE

__all__ = ["IMPORT_IDS", "POLICY", "TOOLS_IMAGE", "Postgres", "Settings", "discover", "traits"]
