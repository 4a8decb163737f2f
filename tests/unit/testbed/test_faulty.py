"""The faulty image's server misbehaves as ordered, and not otherwise."""

import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from delivery.cluster import ROOT
from testbed import faulty
from testbed.faulty_image import entry

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ASK = """
from testbed.faulty_image.entry import Faulty
from tests.unit.testbed.test_faulty import ask, well
app = Faulty(well, {behaviour!r})
for by_verifier in {by_verifier}:
    print(ask(app, by_verifier=by_verifier), flush=True)
"""


def well(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    start_response("200 OK", [])
    return []


def ask(app: entry.Faulty, *, by_verifier: bool = False, method: str = "POST", path: str = "/predict") -> str:
    """The status line of the answer."""
    answered: list[str] = []

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        answered.append(status)
        return bytes

    environ = {"REQUEST_METHOD": method, "PATH_INFO": path}
    if by_verifier:
        environ[entry.VERIFICATION] = "1"
    list(app(environ, start))
    return answered[0]


def test_it_ends_at_the_nth_request_not_counting_those_of_the_verifier() -> None:
    behaviour = faulty.crash_at_request(2).text
    script = ASK.format(behaviour=behaviour, by_verifier=[True, True, True, False, True, False, False])
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()) == (entry.EXIT_CODE, ["200 OK"] * 5), done.stderr


def test_it_is_never_ready_and_answers_all_the_same() -> None:
    app = entry.Faulty(well, faulty.NEVER_READY.text)
    assert ask(app, method="GET", path="/readyz").startswith("503")
    assert ask(app, method="GET", path="/livez") == "200 OK"
    assert ask(app) == "200 OK"


@pytest.mark.parametrize("text", ["", "never_ready", "crash-at-request", "crash-after-first-answer:soon"])
def test_an_unknown_behaviour_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (one of ours, of int and of float)
        entry.Faulty(well, text)


@pytest.mark.parametrize(
    "behaviour",
    [faulty.crash_after_first_answer(5), faulty.crash_at_request(40), faulty.NEVER_READY, faulty.GROW_MEMORY],
)
def test_every_behaviour_on_offer_is_known_to_the_image(behaviour: faulty.Behaviour) -> None:
    assert ask(entry.Faulty(well, behaviour.text), method="GET") == "200 OK"


class Well:
    """A scorer, as far as a prediction goes."""

    labels = ("negative", "positive")

    def predict(self, text: str) -> str:
        return text.upper()


def test_a_scorer_on_demand_fails_only_while_that_is_ordered(tmp_path: Path) -> None:
    scorer = entry.OnDemandScorer(Well(), tmp_path)
    assert (scorer.labels, scorer.predict("good")) == (("negative", "positive"), "GOOD")
    (tmp_path / "fail").touch()
    with pytest.raises(RuntimeError, match="asked to fail"):
        scorer.predict("good")
    (tmp_path / "fail").unlink()
    assert scorer.predict("good") == "GOOD"


def test_a_process_on_demand_ends_when_that_is_ordered(tmp_path: Path) -> None:
    imports = "from pathlib import Path; from testbed.faulty_image import entry"
    script = f"{imports}; entry._follow_orders(Path({str(tmp_path)!r}))"
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT) as process:
        (tmp_path / "crash").touch()
        assert process.wait(timeout=20) == entry.EXIT_CODE
