"""A real Kubernetes cluster: control plane, nodes, images and load balancers."""
