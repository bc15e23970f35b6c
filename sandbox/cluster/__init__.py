"""The Kubernetes cluster: control plane, nodes, images, load balancers."""
