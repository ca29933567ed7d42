"""Replacement, draining, and that nothing is left behind."""

from __future__ import annotations

import socket
import threading
import time

import docker
import pytest

from rehearsal.core.containers import Engine, Spec
from rehearsal.core.runner import Phase, Runner, Scale, Share
from tests.support.ports import free_ports
from tests.support.waiting import wait_for
from tests.unit.rehearsal.load import Load
from tests.unit.rehearsal.runner.deployed import Deployed


def containers(labels: dict[str, str]) -> int:
    filters = {"label": [f"{name}={value}" for name, value in labels.items()]}
    return len(docker.from_env().containers.list(all=True, ignore_removed=True, filters=filters))


def test_a_replacement_under_load_loses_no_request(service: Deployed) -> None:
    pair = Scale(2, 2, hard_limit=80)
    service.serve(service.revision("v0", scale=pair))
    with Load(f"http://127.0.0.1:{service.port}", rate=400, workers=6) as load:
        for number in range(1, 1000):
            assert service.serve(service.revision(f"v{number}", scale=pair)).phase is Phase.READY
            service.stop(f"v{number - 1}")
            if load.sent >= 1000 and number > 1:
                break
    assert load.failures == []
    assert load.sent >= 1000
    assert load.bodies[0] == "v0"
    assert service.get() == f"v{number}"


def test_what_is_in_hand_is_finished_and_nothing_more_is_taken(service: Deployed) -> None:
    service.serve(service.revision("old", finish_patience=20, stop_patience=1))
    service.begin(service.revision("new"))
    service.runner.wait(service.name, "new", 30)
    answers: list[str] = []
    holding = threading.Thread(target=lambda: answers.append(service.get("/slow?3")))
    holding.start()
    wait_for(lambda: service.requests("old") > 0, "a request")
    service.runner.route(service.name, [Share("new", 100)])
    service.stop("old")
    assert service.status("old").phase is Phase.GONE
    assert service.get() == "new"
    assert answers == []  # it still is in hand
    holding.join()
    assert answers == ["slow"]


def test_where_the_cloud_does_not_wait_the_instance_is_told_at_once(service: Deployed) -> None:
    service.serve(service.revision("hasty", finish_patience=0))
    found: list[int] = []
    holding = threading.Thread(target=lambda: found.append(service.ask("/slow?60")[0]))
    holding.start()
    wait_for(lambda: service.requests("hasty") > 0, "a request")
    service.stop("hasty")
    holding.join(20)
    assert found == [503]  # this server ends at once


def test_a_drain_is_bounded(service: Deployed, labels: dict[str, str]) -> None:
    service.serve(service.revision("old", {"DRAIN_SECONDS": "60"}, finish_patience=1, stop_patience=1))
    found: list[int] = []
    stuck = threading.Thread(target=lambda: found.append(service.ask("/slow?60")[0]))
    stuck.start()
    wait_for(lambda: service.requests("old") > 0, "a request")
    began = time.monotonic()
    service.runner.close(service.name)
    assert 2 <= time.monotonic() - began < 20
    stuck.join()
    assert found == [503]
    assert containers(labels) == 0


def test_a_closed_service_is_forgotten_and_its_port_free(service: Deployed, labels: dict[str, str]) -> None:
    service.serve(service.revision("one"))
    assert service.get() == "one"
    assert service.runner.services() == [service.name]
    service.runner.close(service.name)
    assert service.runner.services() == []
    assert service.runner.logs(service.name) == []
    assert service.status("one").phase is Phase.GONE
    assert containers(labels) == 0
    with socket.socket() as again:
        again.bind(("127.0.0.1", service.port))


def test_logs_outlive_their_instances(service: Deployed) -> None:
    service.serve(service.revision("one"))
    assert service.get("/headers")
    service.serve(service.revision("two"))
    service.stop("one")
    logs = service.runner.logs(service.name)
    assert [entry.line for entry in logs if entry.revision == "one"] == [
        "version one",
        '{"request": "/health"}',
        '{"request": "/headers"}',
    ]
    assert [entry.time for entry in logs] == sorted(entry.time for entry in logs)
    assert {entry.instance.rpartition("-")[0] for entry in logs} == {
        f"{service.name}-one",
        f"{service.name}-two",
    }


def test_who_subscribes_hears_of_phases_and_may_ask(service: Deployed) -> None:
    heard: list[Phase] = []
    service.runner.subscribe(lambda name: heard.append(service.runner.status(name, "one").phase))
    service.serve(service.revision("one"))
    wait_for(lambda: Phase.READY in heard, "news")


def test_shutdown_while_instances_start_and_containers_of_a_former_run(
    labels: dict[str, str], image: str
) -> None:
    own = {**labels, "run": "second"}
    Engine().start(Spec(name=f"left-{labels['ai-api-runner-test'][:8]}", image=image, environ={}, labels=own))
    runner = Runner(Engine(), own, minute=1.2)
    assert containers(own) == 0

    service = Deployed(runner, "svc", free_ports(1)[0], image)
    service.open()
    service.serve(service.revision("ready"))
    service.begin(service.revision("starting", scale=Scale(3, 3)))
    runner.shutdown()
    assert containers(own) == 0
    assert runner.services() == []
    with pytest.raises(KeyError):
        runner.route("svc", [Share("ready", 100)])
