"""Streams longer than a roll-out, and silences longer than a load balancer's patience, in real time.

All of it goes on side by side, so that the tests take as long as the longest.
"""

from __future__ import annotations

import http.client
import json
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import httpx
import pytest

from tests.support.clouds import CLOUDS
from tests.support.clouds.cloud import Cloud
from tests.support.fleet import Fleet
from tests.support.playbook import Target
from tests.support.rehearsal import Rehearsal
from tests.support.waiting import wait_for
from tests.unit.app.streams import Event, events, text

STREAM_SECONDS, SILENCE_SECONDS = 90, 120
IDLE_SECONDS = 60  # of the load balancer on AWS
# Seconds without a request: about the keep-alive that a server has by itself, and beyond the idle timeout.
GAPS = (4, 5, 6, 30, 61)
AT_ONCE = 8  # requests, so that the load balancer has as many connections to the service
WORDS = [f"word-{number}" for number in range(STREAM_SECONDS)]
MODEL = "gpt-4o"  # of the version that is rolled out
UNLIMITED = {"service_rate_limit_per_minute": 100_000}
# As in production: the rehearsal's own chain of timeouts is shorter.
CHAIN = {
    "service_openai_stream_timeout_seconds": 100,
    "service_deregistration_delay_seconds": 110,
    "service_stop_timeout_seconds": 120,
}


@dataclass(frozen=True)
class Stream:
    """The events of a stream, comments included, and when each of them came."""

    received: Sequence[Event]
    times: Sequence[float]

    @property
    def seconds(self) -> float:
        return self.times[-1] - self.times[0]

    @property
    def longest_silence(self) -> float:
        return max(later - earlier for earlier, later in pairwise(self.times))


def stream(cloud: Cloud, url: str) -> Stream:
    body, patience = {"prompt": " ".join(WORDS), "stream": True}, httpx.Timeout(20, read=IDLE_SECONDS)
    received: list[Event] = []
    times = []
    with httpx.stream("POST", f"{url}/generate", json=body, verify=cloud.trust, timeout=patience) as response:
        try:
            for event in events(response):
                received.append(event)
                times.append(time.monotonic())
        except httpx.TransportError as error:
            received.append(("cut", str(error)))
            times.append(time.monotonic())
    return Stream(received, times)


def first_answer_of_the_new_version(cloud: Cloud, url: str) -> float:
    """When it came."""

    def answers() -> bool:
        answer = httpx.post(f"{url}/generate", json={"prompt": "x"}, verify=cloud.trust, timeout=30)
        return bool(answer.raise_for_status().json()["model"] == MODEL)

    wait_for(answers, "the new version answers", STREAM_SECONDS)
    return time.monotonic()


def answers_after_gaps(target: Target) -> Counter[int]:
    """The statuses of requests before, between and after the gaps, on all connections each time."""
    with ThreadPoolExecutor(AT_ONCE) as threads, httpx.Client(timeout=30) as client:
        url, body = f"{target.url}/generate", {"prompt": "x"}

        def all_at_once() -> Counter[int]:
            asked = [threads.submit(client.post, url, json=body) for _ in range(AT_ONCE)]
            return Counter(answer.result().status_code for answer in asked)

        statuses = all_at_once()
        for gap in GAPS:
            time.sleep(gap)  # that nothing happens is what is tried
            statuses += all_at_once()
    return statuses


def statuses_on_a_kept_connection(target: Target) -> list[int]:
    """Of two requests to the service itself on one connection, which is idle in between for so long."""
    [container] = target.containers()
    [network] = container.attrs["NetworkSettings"]["Networks"].values()
    connection = http.client.HTTPConnection(network["IPAddress"], 8000, timeout=20)
    statuses = []
    for pause in (0, IDLE_SECONDS + 1):
        time.sleep(pause)
        connection.request("GET", "/health")
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
    connection.close()
    return statuses


@dataclass(frozen=True)
class Seen:
    """What came of it all; by cloud: the streams, and when the new version began to answer."""

    streams: dict[str, Stream]
    rolled_out: dict[str, float]
    silent: Stream
    after_gaps: Counter[int]
    kept: list[int]


@pytest.fixture(scope="module")
def seen(stand_ins: Rehearsal, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    stand_ins.command("reset")
    fleet = Fleet(stand_ins, tmp_path_factory.mktemp("fleet") / "inventory", "e2e-long-streams", 1)
    # Longer than any stream on Fargate may be that is to survive a roll-out; this service is left in peace.
    patient = {"service_environment": {"OPENAI_STREAM_TIMEOUT_SECONDS": str(2 * SILENCE_SECONDS)}}
    silence = Target(stand_ins, "e2e-long-silences", "aws", **UNLIMITED, **patient)
    deploy = ("deploy.yml", "all", "--skip-tags", "verify", "-e", json.dumps(UNLIMITED | CHAIN))
    clouds = {name: cloud(stand_ins) for name, cloud in CLOUDS.items()}
    faults = f"{stand_ins.endpoints['provider']['admin_url']}/faults"

    def slow(count: int | None = None, **fault: float) -> None:
        document = {"path": "/v1/chat/completions", "count": count, **fault}
        httpx.put(faults, json=document).raise_for_status()

    def is_met() -> bool:
        return bool(httpx.get(faults).raise_for_status().json() == [])

    fleet.play(*deploy).succeeded()
    silence.deploy("--skip-tags", "verify").succeeded()
    urls = {name: cloud.url(fleet.name) for name, cloud in clouds.items()}
    with ThreadPoolExecutor() as threads:
        slow(len(clouds), delta_seconds=1)
        streams = {name: threads.submit(stream, cloud, urls[name]) for name, cloud in clouds.items()}
        wait_for(is_met, "the slow streams have begun")
        slow(1, pause_after=3, pause_seconds=SILENCE_SECONDS)
        silent = threads.submit(stream, silence.cloud, silence.url)
        wait_for(is_met, "the silent stream has begun")
        slow(latency_seconds=0.3)
        after_gaps = threads.submit(answers_after_gaps, silence)
        kept = threads.submit(statuses_on_a_kept_connection, silence)
        new = {
            name: threads.submit(first_answer_of_the_new_version, cloud, urls[name])
            for name, cloud in clouds.items()
        }
        fleet.play(*deploy, "-e", f"service_openai_model={MODEL}").succeeded()
        seen = Seen(
            {name: future.result() for name, future in streams.items()},
            {name: future.result() for name, future in new.items()},
            silent.result(),
            after_gaps.result(),
            kept.result(),
        )
    httpx.delete(faults).raise_for_status()
    return seen


def test_a_stream_of_90_seconds_survives_a_roll_out(seen: Seen, subtests: pytest.Subtests) -> None:
    for cloud, stream in seen.streams.items():
        with subtests.test(cloud):
            assert stream.received[-1][0] == "done", stream.received[-1]
            assert text(list(stream.received)).split() == ["You", "said:", *WORDS]
            assert stream.seconds > STREAM_SECONDS
            assert stream.times[0] < seen.rolled_out[cloud] < stream.times[-1]


def test_120_seconds_of_silence_survive_a_load_balancer_that_waits_for_60(seen: Seen) -> None:
    assert seen.silent.received[-1][0] == "done", seen.silent.received[-1]
    assert text(list(seen.silent.received)).split() == ["You", "said:", *WORDS]
    assert seen.silent.seconds > SILENCE_SECONDS
    assert seen.silent.longest_silence < IDLE_SECONDS


def test_no_pause_between_requests_ends_in_a_502(seen: Seen) -> None:
    assert seen.after_gaps == {200: AT_ONCE * (len(GAPS) + 1)}


def test_the_service_keeps_a_connection_for_longer_than_the_load_balancer_does(seen: Seen) -> None:
    assert seen.kept == [200, 200]
