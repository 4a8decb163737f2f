"""The command line without a cluster: its exit codes, and what it needs to be there."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from sentiment_operator.plugin import main
from sentiment_operator.plugin.kubectl import message_of


@pytest.mark.parametrize("command", ["status", "history", "rollback", "retry"])
def test_without_kubectl_a_command_reports_it(command: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(main, [command, "reviews"], env={"PATH": str(tmp_path)})
    assert done.exit_code == 1
    assert "kubectl was not found: it must be on PATH" in done.output


def test_what_kubectls_library_logs_is_not_shown_to_the_user() -> None:
    log = 'E1124 21:54:15.434158    1413 memcache.go:265] "Unhandled Error" err="connection refused"'
    assert message_of(f"{log}\n{log}\nThe connection was refused.\n") == "The connection was refused."


def test_a_wrong_command_line_has_another_exit_code_than_a_failure() -> None:
    assert CliRunner().invoke(main, ["status"]).exit_code == 2


def test_the_plugin_needs_none_of_the_operators_libraries() -> None:
    code = "import sys, sentiment_operator.plugin; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"kopf", "kubernetes", "mlflow", "prometheus_client"}.isdisjoint(done.stdout.split())
