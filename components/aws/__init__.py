"""`cloud: aws`: an EKS cluster, and an RDS for PostgreSQL instance in the zone of its nodes."""

from components.aws.arguments import PostgresArgs
from components.aws.cluster import ClusterArgs, NetworkArgs, find_cluster
from components.aws.postgres import Postgres
from components.aws.settings import RestoreArgs, ServerArgs

OBJECTS = {
    "cluster": ClusterArgs,
    "network": NetworkArgs,
    "server": ServerArgs,
    "restoreFrom": RestoreArgs,
}
"""The settings that are objects in this cloud's words; the others must be left out."""

__all__ = ["OBJECTS", "Postgres", "PostgresArgs", "find_cluster"]
