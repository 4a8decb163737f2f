"""Alerts and dashboards as code: what deploy/monitoring and deploy/monitoring-operator are written from."""
