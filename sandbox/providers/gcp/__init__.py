"""The simulated Google Cloud: a project with GKE clusters, and Cloud SQL on real servers."""
