"""The dashboards, each a list of panels; `grafana.py` turns them into Grafana's JSON."""

from deploy.monitoring.generator.dashboards import model, operator, pods, serving

ALL = (serving.DASHBOARD, model.DASHBOARD, pods.DASHBOARD, operator.DASHBOARD)
