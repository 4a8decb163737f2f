"""Dashboards as Grafana's JSON, built with the types that Grafana Labs publishes."""

import json
from typing import Final

from grafana_foundation_sdk.builders import common, prometheus, stat, timeseries
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.common import BigValueColorMode, BigValueTextMode, LegendDisplayMode, StackingMode

from deploy.monitoring.generator.panels import RESOURCE, SELECTED_RESOURCES, Dashboard, Panel, Query, Variable

SOURCE: Final = models.DataSourceRef("prometheus", "${datasource}")
PANEL_HEIGHT = 8
CHOICES: dict[Variable, str] = {
    "namespace": "label_values(sentiment_model_info, namespace)",
    "model": 'label_values(sentiment_model_info{namespace=~"$namespace"}, model)',
    "version": 'label_values(sentiment_model_info{namespace=~"$namespace", model=~"$model"}, version)',
}
SERVING = f'max by (namespace, name, serving) (sentimentmodel_info{{{SELECTED_RESOURCES}, serving!=""}})'
ROLLED_OUT = f"{SERVING} unless {SERVING.replace('})', '} offset 1m)')}"
"""Versions that serve now and did not a minute ago."""


class _Rollouts(models.AnnotationQuery):
    """A mark where another version began to serve; the published type lacks the fields of its text."""

    def to_json(self) -> dict[str, object]:
        text = {"titleFormat": RESOURCE, "textFormat": "version {{serving}} serves", "step": "15s"}
        return super().to_json() | text


class _RolloutsBuilder(builders.AnnotationQuery):
    def build(self) -> models.AnnotationQuery:
        return _Rollouts("Rollouts", SOURCE, enable=True, icon_color="blue", expr=ROLLED_OUT)


def to_json(dashboard: Dashboard) -> str:
    """The JSON that Grafana's provisioning and its import take."""
    built = (
        builders.Dashboard(dashboard.title)
        .uid(f"sentiment-{dashboard.name}")
        .description(dashboard.description)
        .tags(["sentimentmodel"])
        .readonly()
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .refresh("30s")
        .time("now-1h", "now")
        .timezone("browser")
        .with_variable(builders.DatasourceVariable("datasource").label("Data source").type("prometheus"))
        .annotation(_RolloutsBuilder())
        .link(builders.DashboardLink("SentimentModel").type(models.DashboardLinkType.DASHBOARDS)
              .tags(["sentimentmodel"]).include_vars(True).keep_time(True).as_dropdown(True))
    )  # fmt: skip
    for name in dashboard.variables:
        built.with_variable(_variable(name))
    for row in dashboard.rows:
        built.with_row(builders.Row(row.title))
        for panel in row.panels:
            built.with_panel(_panel(panel))
    return json.dumps(built.build(), cls=JSONEncoder, indent=1, sort_keys=True) + "\n"


def _variable(name: Variable) -> builders.QueryVariable:
    return (
        builders.QueryVariable(name)
        .label(name.capitalize())
        .datasource(SOURCE)
        .query(CHOICES[name])
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".+")
    )


def _panel(panel: Panel) -> stat.Panel | timeseries.Panel:
    shown = _stat(panel) if panel.kind == "stat" else _timeseries(panel)
    shown.title(panel.title).description(panel.description).datasource(SOURCE).unit(panel.unit)
    shown.height(PANEL_HEIGHT).span(panel.width)
    for number, one in enumerate(panel.queries):
        shown.with_target(_target(one, "ABCDEFGH"[number], instant=panel.kind == "stat"))
    if panel.empty_when_well:
        shown.no_value("all is well")
    return shown


def _timeseries(panel: Panel) -> timeseries.Panel:
    shown = timeseries.Panel().line_width(1).fill_opacity(30 if panel.stacked else 8).min(0)
    shown.legend(common.VizLegendOptions().display_mode(LegendDisplayMode.LIST).show_legend(True))
    if panel.stacked:
        shown.stacking(common.StackingConfig().mode(StackingMode.NORMAL))
    return shown


def _stat(panel: Panel) -> stat.Panel:
    return stat.Panel().text_mode(BigValueTextMode.NAME).color_mode(BigValueColorMode.NONE)


def _target(query: Query, ref: str, *, instant: bool) -> prometheus.Dataquery:
    target = prometheus.Dataquery().expr(query.expr).legend_format(query.legend).ref_id(ref).datasource(SOURCE)
    return target.instant() if instant else target.range()
