"""Probes of real containers, and what becomes of revisions whose containers do badly."""

from __future__ import annotations

import threading
import urllib.request
from dataclasses import replace

from rehearsal.core.containers import Engine
from rehearsal.core.runner import Container, Phase, Probe
from tests.support.waiting import wait_for
from tests.unit.rehearsal.runner.deployed import HEALTH, Deployed

NEVER = Probe("/health", 8000, period=0.6, failures=4)


def test_a_start_costs_what_it_takes_and_no_more(service: Deployed) -> None:
    slow = replace(HEALTH, initial_delay=60, period=60)
    status = service.serve(service.revision("one", {"START_SECONDS": "0.5"}, startup=slow))
    assert (status.phase, status.reason, status.instances) == (Phase.READY, "", 1)
    assert service.get() == "one"


def test_without_a_startup_probe_the_port_is_waited_for(service: Deployed) -> None:
    status = service.serve(service.revision("one", {"START_SECONDS": "0.5", "SICK": "1"}, startup=None))
    assert status.phase is Phase.READY
    assert service.get() == "one"


def test_a_failing_startup_probe_fails_the_revision(service: Deployed) -> None:
    status = service.serve(service.revision("sick", {"SICK": "1"}, startup=NEVER))
    assert (status.phase, status.instances) == (Phase.FAILED, 0)
    assert "startup probe: GET /health on port 8000 answered 503" in status.reason
    assert "version sick" in status.reason  # its log
    closed = replace(NEVER, path="", port=8001)
    status = service.serve(service.revision("deaf", startup=closed))
    assert "startup probe: TCP connect to port 8001 failed" in status.reason


def test_a_container_that_exits_again_and_again_fails_the_revision(service: Deployed) -> None:
    status = service.serve(service.revision("crash", {"CRASH": "1"}))
    assert status.phase is Phase.FAILED
    assert "it exited with code 3" in status.reason
    assert "version crash" in status.reason
    assert len({entry.instance for entry in service.runner.logs(service.name)}) == 3


def test_what_cannot_be_run_fails_with_the_engines_words(service: Deployed) -> None:
    missing = Container("127.0.0.1:1/nowhere:1", {}, 8000, 1, 128 * 1024**2)
    status = service.serve(service.revision("missing", container=missing))
    assert status.phase is Phase.FAILED
    assert "image 127.0.0.1:1/nowhere:1 cannot be had" in status.reason
    wrong = replace(service.revision("x").container, command=["/no/such/program"])
    status = service.serve(service.revision("wrong", container=wrong))
    assert "/no/such/program" in status.reason


def test_a_revision_that_was_ready_stays_so_and_says_what_is_wrong(service: Deployed) -> None:
    service.serve(service.revision("one", stop_patience=1))
    # Ends of instances that have just become ready count as failures in a row: then there is a wait.
    for code in (4, 5):
        assert service.ask(f"/quit?{code}")[0] == 503
        wait_for(lambda: service.ask()[0] == 200, "a new instance")
    assert service.ask("/quit?6")[0] == 503
    wait_for(lambda: "code 6" in service.status("one").reason, "what is wrong")
    status = service.status("one")
    assert (status.phase, status.instances) == (Phase.READY, 0)
    assert status.reason.startswith("0 of 1 instances are ready. ")
    assert "it exited with code 6. It said at last:" in status.reason
    assert service.get() == "one"  # waited for the next one
    assert service.status("one").reason == ""


def test_liveness_restarts_an_instance(service: Deployed) -> None:
    alive = Probe("/alive", 8000, period=0.1, failures=2)
    service.serve(service.revision("one", liveness=alive))
    [first] = {entry.instance for entry in service.runner.logs(service.name)}
    service.get("/sicken?/alive")
    wait_for(lambda: service.instances("one") == 0, "the end of the sick one")
    assert "liveness probe: GET /alive on port 8000 answered 503" in service.status("one").reason
    wait_for(lambda: service.instances("one") == 1, "a new one")
    assert first in {entry.instance for entry in service.runner.logs(service.name)}
    assert service.get("/alive") == "one"


def test_an_unready_instance_gets_no_requests_but_stays(service: Deployed) -> None:
    ready = Probe("/ready", 8000, period=0.1, failures=2)
    service.serve(service.revision("one", readiness=ready))
    service.get("/sicken?/ready")
    wait_for(lambda: service.instances("one") == 0, "unready")
    assert "readiness probe: GET /ready on port 8000 answered 503" in service.status("one").reason
    [instance] = {entry.instance for entry in service.runner.logs(service.name)}
    address = Engine().address(instance)
    answers: list[str] = []
    waiting = threading.Thread(target=lambda: answers.append(service.get()))
    waiting.start()
    with urllib.request.urlopen(f"http://{address}:8000/heal?/ready", timeout=10):
        waiting.join()
    assert answers == ["one"]
    assert {entry.instance for entry in service.runner.logs(service.name)} == {instance}
