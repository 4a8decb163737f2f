"""The rows of alerts and panels on their page."""

from bench.alerts.page import page
from bench.alerts.pictures import legend
from bench.alerts.recorded import Drawn, Finding, Rehearsal, Series

LINE = Series({"model": "reviews", "code": "200"}, [(0.0, 1.0), (5.0, 2.0)])


def found(*, fire: float | None, clear: float | None) -> Rehearsal:
    finding = Finding("SentimentStalled", "warning", "a bad version", fire, clear)
    drawn = [
        Drawn("serving", "Slow requests", "{{model}}", "a", [LINE, LINE]),
        Drawn("serving", "Slow requests", "allowed", "b", [LINE]),
        Drawn("pods", "Throttled", "{{pod}}", "c", []),
    ]
    return Rehearsal([finding], drawn, [])


def test_a_row_shows_both_durations_the_fault_and_the_seconds() -> None:
    text = page(found(fire=21.4, clear=8.0), source="this commit")
    link = "[SentimentStalled](runbooks/SentimentStalled.md)"
    assert f"| {link} | warning | 1m (5s) | a bad version | 21 s | 8 s |" in text


def test_an_alert_that_did_not_fire_or_did_not_clear_stands_out() -> None:
    text = page(found(fire=None, clear=None), source="this commit")
    assert "| a bad version | **never** | **never** |" in text


def test_a_panel_shows_the_series_of_each_query() -> None:
    text = page(found(fire=1, clear=1), source="this commit")
    assert "| serving | Slow requests | 2 | 2 + 1 |" in text
    assert "| pods | Throttled (empty when all is well) | 1 | 0 |" in text


def test_a_legend_names_labels_as_grafana_does() -> None:
    assert legend("{{model}} {{ code }} {{pod}}!", LINE) == "reviews 200 !"
