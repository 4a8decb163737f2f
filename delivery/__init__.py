"""From a registered version to pods that serve it: images, deployment, rollout. What CI, CD and the demo run."""
