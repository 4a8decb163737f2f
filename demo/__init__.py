"""The main job, end to end, on a real cluster, with its output (`make demo`)."""
