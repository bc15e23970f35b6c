"""`cloud: gcp`: a GKE cluster, and a Cloud SQL for PostgreSQL instance in the zone of its nodes."""

from components.gcp.discovery import discover
from components.gcp.policy import POLICY, traits
from components.gcp.postgres import Postgres
from components.gcp.recovery import IMPORT_IDS
from components.gcp.settings import Settings
from components.kubernetes.images import DOCKER_HUB as TOOLS_IMAGE

__all__ = ["IMPORT_IDS", "POLICY", "TOOLS_IMAGE", "Postgres", "Settings", "discover", "traits"]
