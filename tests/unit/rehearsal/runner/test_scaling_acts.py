"""Instances come and go with what is asked of them."""

from __future__ import annotations

from rehearsal.core.runner import Phase, Scale
from tests.support.waiting import wait_for
from tests.unit.rehearsal.load import Load
from tests.unit.rehearsal.runner.deployed import Deployed, together


def test_a_crowd_is_met_at_once_and_its_end_noticed_after_a_minute(service: Deployed) -> None:
    service.serve(service.revision("one", scale=Scale(1, 3, hard_limit=4)))
    assert together(12, lambda: service.get("/slow?1.5")) == ["slow"] * 12
    instances = {entry.instance for entry in service.runner.logs(service.name)}
    assert len(instances) == 3
    wait_for(lambda: service.instances("one") == 1, "scale-in")
    assert service.get() == "one"
    assert service.status("one").reason == ""


def test_concurrency_is_held_at_its_target(service: Deployed) -> None:
    service.serve(service.revision("one", scale=Scale(1, 3, concurrency=2)))
    with Load(f"http://127.0.0.1:{service.port}", "/slow?0.3", rate=100, workers=6) as load:
        wait_for(lambda: service.instances("one") == 3, "scale-out")
    assert load.failures == []
    wait_for(lambda: service.instances("one") == 1, "scale-in")


def test_cpu_is_held_at_its_target(service: Deployed) -> None:
    service.serve(service.revision("busy", {"BURN": "0.6"}, scale=Scale(1, 2, cpu=0.2)))
    wait_for(lambda: service.instances("busy") == 2, "scale-out")


def test_to_zero_and_back_on_request(service: Deployed) -> None:
    assert service.serve(service.revision("one", scale=Scale(0, 2, hard_limit=4))).phase is Phase.READY
    wait_for(lambda: service.instances("one") == 0, "nothing")
    assert service.status("one").reason == ""
    assert together(3, service.get) == ["one"] * 3
    assert service.instances("one") == 1


def test_other_bounds_for_the_same_revision(service: Deployed) -> None:
    service.serve(service.revision("one"))
    service.begin(service.revision("one", scale=Scale(2, 2)))
    wait_for(lambda: service.instances("one") == 2, "two")
    service.begin(service.revision("one", scale=Scale(0, 2, concurrency=10)))
    wait_for(lambda: service.instances("one") == 0, "none")
    assert len({entry.instance for entry in service.runner.logs(service.name)}) == 2
