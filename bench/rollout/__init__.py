"""Rollouts under load on the lab: what callers and `kubectl` see of good, bad and disturbed rollouts."""
