"""The cluster: certificates, control plane, nodes, add-ons."""
