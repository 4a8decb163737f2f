"""Ready pods are counted by version, from the events of a watch."""

from bench.rollout.pods import ReadyPods

DELETED_AT = "2026-11-24T22:27:53Z"


def seen(*events: str) -> ReadyPods:
    pods = ReadyPods()
    for event in events:
        pods.read(f"{event}\n")
    return pods


def test_the_fewest_pods_are_counted_from_full_strength_on() -> None:
    pods = seen("ADDED|a|1|True|", "ADDED|b|1|True|", "MODIFIED|b|1|False|", "MODIFIED|b|1|True|")
    assert pods.fewest("1", of=2) == 1
    assert seen("ADDED|a|1|True|", "ADDED|b|1|True|").fewest("1", of=2) == 2


def test_a_pod_that_is_being_deleted_is_no_ready_one() -> None:
    pods = seen("ADDED|a|1|True|", "ADDED|b|2|True|", f"MODIFIED|a|1|True|{DELETED_AT}")
    assert pods.history[-1] == {"2": 1}
    assert seen("ADDED|a|1|True|", "DELETED|a|1|True|").history[-1] == {}


def test_versions_are_counted_apart() -> None:
    pods = seen("ADDED|a|1|True|", "ADDED|b|2|True|", "ADDED|c|2|True|")
    assert pods.history[-1] == {"1": 1, "2": 2}
    assert pods.fewest("3", of=2) == 0
