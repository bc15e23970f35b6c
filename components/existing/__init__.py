"""`cloud: existing`: a cluster and a PostgreSQL server that are already there."""

from components.existing.discovery import discover
from components.existing.policy import IMPORT_IDS, POLICY, traits
from components.existing.postgres import Postgres
from components.existing.settings import Settings

__all__ = ["IMPORT_IDS", "POLICY", "Postgres", "Settings", "discover", "traits"]
