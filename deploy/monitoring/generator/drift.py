"""How far live texts are from those of training time, as an expression."""

from textwrap import dedent

MIN_TEXTS = 200
"""Below, a distance of 0.25 may be chance: with 200 texts it is not, at any usual level."""


def distance(metric: str, *, window: str, selector: str = "") -> str:
    """The distance of Kolmogorov and Smirnov between a live histogram and the reference of the model that serves.

    Live and expected counts are subtracted pod by pod before they are added up: each pod is compared with the reference
    of the version that it serves, also while two serve.

    Args:
        metric: of `sentiment_<metric>_bucket` and `sentiment_reference_<metric>_share`.
        selector: of the pods' series.
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
