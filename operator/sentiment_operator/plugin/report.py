"""A SentimentModel as text: JSON from kubectl in, renderables for rich out. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from sentiment_operator.api.names import TRACK_LABEL
from sentiment_operator.api.status import SUCCEEDED, Condition, Status, moment_of
from sentiment_operator.api.text import printable
from sentiment_operator.api.verdict import Check, Verdict
from sentiment_operator.observed.pods import Pod

Json = Mapping[str, Any]

EVENTS_SHOWN = 5
GOOD, BAD, MOVING, PLAIN, DIM = "green", "red", "yellow", "", "dim"
_ABNORMAL = frozenset({"Reconciling", "Stalled"})
"""Conditions that are True when something is abnormal."""

_OUTCOMES = {"passed": GOOD, "failed": BAD, "fault": MOVING, "skipped": DIM, SUCCEEDED: GOOD}


def tree(resource: Json, *, pods: Sequence[Json] | str, events: Sequence[Json] | str, now: datetime) -> Tree:
    """All about one resource, as a tree. `pods` or `events` is a text if they could not be read: the reason."""
    status = Status.parse(resource.get("status") or {})
    found = Tree(_headline(resource, status, now), guide_style=DIM)
    if not status.conditions:
        found.add(_text("The operator has not reconciled it yet.", MOVING))
    elif status.observed_generation != resource["metadata"]["generation"]:
        found.add(_text("The operator has not reconciled the newest spec yet: this is about an older one.", MOVING))
    _add_conditions(found, status.conditions, now)
    _add(found, "Rollout", _rollout(resource, status, now))
    _add_verdict(found, status.verdict, now)
    for title, items, lines in (("Pods", pods, _pods), ("Events", events, _events)):
        # A text is the reason why there is nothing to show.
        _add(found, title, [_text(items, MOVING)] if isinstance(items, str) else lines(items, now), empty="none")
    return found


def history(resource: Json, *, now: datetime) -> Table | Text:
    """The finished rollouts as a table, the newest first."""
    status = Status.parse(resource.get("status") or {})
    if not status.history:
        return _text("No rollout has finished yet.")
    table = Table("VERSION", "OUTCOME", "REASON", "AGE", "REVISION", "DIGEST", "", box=None, pad_edge=False)
    serving = status.serving.revision if status.serving else ""
    shown = set[str]()
    for entry in status.history:
        serves = entry.revision == serving and entry.outcome == SUCCEEDED and serving not in shown
        shown.add(entry.revision if entry.outcome == SUCCEEDED else "")
        table.add_row(
            _text(entry.version),
            _text(entry.outcome, _OUTCOMES.get(entry.outcome, BAD)),
            _text(entry.reason),
            _age(entry.time, now),
            _text(entry.revision),
            _text(_short(entry.digest)),
            _text("serves" if serves else "", GOOD),
        )
    return table


def _headline(resource: Json, status: Status, now: datetime) -> Text:
    metadata, asked = resource["metadata"], resource["spec"]["model"]
    line = Text.assemble(_text(metadata["name"], "bold"), _text(f" in {metadata['namespace']}: {asked['name']} "))
    line.append(_text(f"version {asked['version']}" if asked.get("version") else f"alias {asked['alias']}", "bold"))
    if asked.get("alias") and status.desired and status.desired.version:
        line.append(_text(f" (version {status.desired.version})"))
    line.append(" is requested, ")
    if serving := status.serving:
        line.append(_text(f"version {serving.version}", "bold"))
        length = f" for {_age(serving.since_time, now)}" if serving.since_time else ""
        line.append(_text(f" serves{length}"))
    else:
        line.append(_text("nothing serves", "bold"))
    if status.pods_ready:
        line.append(_text(f", {status.pods_ready} pods are ready"))
    return line.append(_text("; suspended" if resource["spec"].get("suspend") else "", MOVING))


def _add_conditions(found: Tree, conditions: Iterable[Condition], now: datetime) -> None:
    branch, shown = Tree(_text("Conditions", "bold")), set[str]()
    for one in conditions:
        usual = one.status == ("False" if one.type in _ABNORMAL else "True")
        style = GOOD if usual else MOVING if one.status == "Unknown" or one.type == "Reconciling" else BAD
        line = _row(
            (one.type, 14), (one.status, 8, style), (one.reason, 26, style), (_age(one.last_transition_time, now), 0)
        )
        node = branch.add(line)
        if one.message not in shown and (not usual or one.type == "Ready"):
            node.add(_text(one.message))
            shown.add(one.message)
    if branch.children:
        found.children.append(branch)


def _rollout(resource: Json, status: Status, now: datetime) -> Iterable[Text]:
    if rollout := status.rollout:
        limit = (resource["spec"].get("rollout") or {}).get("progressDeadlineSeconds")
        line = _text(f"{rollout.step or 'Waiting'}: version {rollout.version or 'not known yet'}", MOVING)
        line.append(f", attempt {rollout.attempt}, for {_age(rollout.started_time, now)}")
        yield line.append(f" of {limit} s" if limit else "")


def _add_verdict(found: Tree, verdict: Verdict | None, now: datetime) -> None:
    """The verdict of the newest candidate: each check with its figures, and the rows that flipped."""
    if verdict is None:
        return
    line = Text.assemble(_text("Verdict", "bold"), _text(f" on version {verdict.version}: "))
    line.append(_text(f"{verdict.outcome}, {verdict.reason}", _OUTCOMES.get(verdict.outcome, PLAIN)))
    line.append(_text(f", {_age(verdict.time, now)} ago" if verdict.time else ""))
    branch = found.add(line)
    if verdict.message:
        branch.add(_text(verdict.message))
    for check in verdict.checks:
        details = _sentence((check.detail, *_figures(check)))
        branch.add(_row((check.name, 14), (check.outcome, 9, _OUTCOMES.get(check.outcome, PLAIN)), (details, 0)))
    if verdict.flipped:
        rows = branch.add(_text("Rows that flipped"))
        for flip in verdict.flipped:
            rows.add(_row((flip.id, 24), (f"expected {flip.expected}, got {flip.got} ({flip.check})", 0)))


def _figures(check: Check) -> Iterable[str]:
    if check.rows is not None:
        yield f"{check.flipped} flipped of {check.rows} rows" if check.flipped is not None else f"{check.rows} rows"
    if check.value:
        yield f"{check.value} (limit {check.limit})" if check.limit else check.value


def _pods(pods: Sequence[Json], now: datetime) -> Iterable[Text]:
    for body in sorted(pods, key=lambda one: (one["metadata"]["creationTimestamp"], one["metadata"]["name"])):
        metadata, pod = body["metadata"], Pod.parse(body)
        state, style, why = _state(pod)
        track = (metadata.get("labels") or {}).get(TRACK_LABEL, "")
        restarts = pod.serving.restarts if pod.serving else 0
        line = _row((pod.name, 34), (track, 10), (f"version {pod.version}", 12), (state, 17, style))
        facts = (
            f"on {body['spec']['nodeName']}" if (body.get("spec") or {}).get("nodeName") else "",
            f"{restarts} restarts" if restarts != 1 else "1 restart",
            _age(metadata["creationTimestamp"], now),
        )
        line.append(_text(_sentence(facts)))
        yield Text("\n").join([line, _text(why)]) if why else line


def _state(pod: Pod) -> tuple[str, str, str]:
    """A pod's state in one word, its colour, and the cause if it is known."""
    if pod.terminating:
        return "Terminating", DIM, ""
    if pod.phase == "Failed":
        return pod.reason or "Failed", BAD, pod.message
    if pod.phase == "Succeeded":
        return "Completed", DIM, ""
    if pod.verify and pod.verify.running:
        return "Verifying", MOVING, ""
    if pod.ready:
        return "Ready", GOOD, ""
    if pod.unschedulable:
        return "Unschedulable", BAD, pod.unschedulable
    for container in (pod.fetch, pod.serving):
        if container is None:
            continue
        end = container.last_end
        ended = f"{container.name} ended with exit code {end.exit_code} ({end.reason})" if end else ""
        if container.waiting_reason not in ("", "PodInitializing", "ContainerCreating"):
            return container.waiting_reason, BAD, ended or container.waiting_message
        if container is pod.fetch and container.running:
            return "Fetching", MOVING, ended
        if container is pod.serving and container.running:
            return ("Started" if container.started else "Starting"), MOVING, ended
    return pod.phase, MOVING, ""


def _events(events: Sequence[Json], now: datetime) -> Iterable[Text]:
    """The newest few, the latest last, as in `kubectl describe`."""
    for event in sorted(events, key=_event_time)[-EVENTS_SHOWN:]:
        style = BAD if event.get("type") == "Warning" else PLAIN
        line = _row(
            (_age(_event_time(event), now), 5), (event.get("type", ""), 8, style), (event.get("reason", ""), 26)
        )
        yield line.append(_text(event.get("message", "")))


def _event_time(event: Json) -> str:
    found: str = event.get("lastTimestamp") or event.get("eventTime") or event["metadata"]["creationTimestamp"]
    return found


def _add(found: Tree, title: str, lines: Iterable[Text], *, empty: str = "") -> None:
    branch = Tree(_text(title, "bold"))
    for line in lines:
        branch.add(line)
    if not branch.children and empty:
        branch.add(_text(empty, DIM))
    if branch.children:
        found.children.append(branch)


def _row(*cells: tuple[str, int] | tuple[str, int, str]) -> Text:
    """Cells of (text, minimum width, style), padded so that the rows of a branch are aligned."""
    line = Text()
    for text, width, *style in cells:
        line.append(_text(text.ljust(width), *style))
        if width and len(text) >= width:
            line.append(" ")
    return line


def _text(text: str, style: str = PLAIN) -> Text:
    """Text that cannot control the terminal: Events, pods and statuses come from other programs."""
    return Text(printable(text), style)


def _sentence(parts: Iterable[str]) -> str:
    return ", ".join(part for part in parts if part)


def _age(time: str, now: datetime) -> str:
    """How long ago `time` was, in the largest unit that shows it with two digits or more, as kubectl does."""
    if not time:
        return ""
    seconds = max(int((now - moment_of(time)).total_seconds()), 0)
    for unit, length, most in (("s", 1, 120), ("m", 60, 120), ("h", 3600, 48)):
        if seconds < most * length:
            return f"{seconds // length}{unit}"
    return f"{seconds // 86400}d"


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:12]
