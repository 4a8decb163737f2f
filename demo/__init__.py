"""The main job, end to end, on a real cluster, shown as it happens (`make demo`)."""
