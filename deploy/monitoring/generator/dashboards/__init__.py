"""The dashboards, each a list of panels; `monitoring.grafana` makes Grafana's JSON of them."""

from deploy.monitoring.generator.dashboards import model, operator, pods, serving

ALL = (serving.DASHBOARD, model.DASHBOARD, pods.DASHBOARD, operator.DASHBOARD)
