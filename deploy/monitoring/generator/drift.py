"""The distance between live texts and those at training time, as an expression."""

from textwrap import dedent

MIN_TEXTS = 200
"""With fewer texts a distance of 0.25 may be chance; with 200 it is significant at any usual level."""


def distance(metric: str, *, window: str, selector: str = "") -> str:
    """The Kolmogorov-Smirnov distance between a live histogram and the reference of the serving model.

    The expected counts of each pod are subtracted from its live counts before pods are added up. So each pod is
    compared with the reference of its own version, also while two versions serve.

    Args:
        metric: The name in `sentiment_<metric>_bucket` and `sentiment_reference_<metric>_share`.
        window: A duration of Prometheus.
        selector: Restricts the pods' series.
    """
    of_pods = f"{{{selector}}}" if selector else ""
    return dedent(f"""
        max by (namespace, model) (abs(
          sum by (namespace, model, le) (
            increase(sentiment_{metric}_bucket{of_pods}[{window}])
            - sentiment_reference_{metric}_share{of_pods}
              * ignoring (le) group_left () increase(sentiment_{metric}_count{of_pods}[{window}])
          )
          / on (namespace, model) group_left ()
            (sum by (namespace, model) (increase(sentiment_{metric}_count{of_pods}[{window}])) >= {MIN_TEXTS})
        ))
    """).strip()
