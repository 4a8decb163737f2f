"""From a registered version to pods that serve it: images, installation, rollout. CI, CD and the demo use it."""
