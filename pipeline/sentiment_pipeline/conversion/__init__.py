"""A scikit-learn pipeline of somebody else's as a model of ours: what `convert` stands on."""
