"""Alerts under real faults, and dashboards under real traffic: `python -m bench.alerts`."""
