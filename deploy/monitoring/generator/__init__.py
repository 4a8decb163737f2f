"""Alerts and dashboards as code: the rules and dashboards of deploy/ are written from here."""
