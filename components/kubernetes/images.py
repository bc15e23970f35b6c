"""The image of the Jobs, PostgreSQL's official one, by the registry that it is pulled from."""

_IMAGE = "library/postgres:17.6-alpine"
DOCKER_HUB = f"docker.io/{_IMAGE}"
"""Limits the pulls of an address. GKE's nodes use a cache of Google's for this name:
https://cloud.google.com/artifact-registry/docs/pull-cached-dockerhub-images"""
ECR_PUBLIC = f"public.ecr.aws/docker/{_IMAGE}"
"""Has the same image, and limits too high for a cluster to reach:
https://docs.aws.amazon.com/AmazonECR/latest/public/public-service-quotas.html"""
