"""`cloud: existing`: a cluster and a PostgreSQL server that are already there."""

from components.existing.cluster import ClusterArgs, find_cluster
from components.existing.postgres import Postgres, PostgresArgs
from components.existing.server import ServerArgs

OBJECTS = {"cluster": ClusterArgs, "existing": ServerArgs}
"""The settings that are objects in this cloud's words; the others must be left out."""

__all__ = ["OBJECTS", "Postgres", "PostgresArgs", "find_cluster"]
