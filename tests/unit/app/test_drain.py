from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor

from tests.support.waiting import wait_for

from .conftest import StartApp
from .serving import PATIENCE_SECONDS, App, Provider


def is_unready(app: App) -> bool:
    return app.get("/health/ready").status_code == 503


def test_sigterm_loses_no_request(launch: StartApp, provider: Provider) -> None:
    app = launch(DRAIN_SECONDS="0.5")
    provider.set_fault(path="/v1/chat", latency_seconds=1.5, count=1)
    with ThreadPoolExecutor(1) as threads:
        long_request = threads.submit(app.generate, "takes longer than the drain")
        wait_for(
            lambda: provider.report()["in_flight"] == 1, "the long request is on its way", PATIENCE_SECONDS
        )

        app.process.send_signal(signal.SIGTERM)
        wait_for(lambda: is_unready(app), "the service is unready", PATIENCE_SECONDS)
        new_request = app.generate("came late")

        assert long_request.result().status_code == 200
    assert new_request.status_code == 200
    assert new_request.headers["Connection"] == "close"
    assert app.process.wait(PATIENCE_SECONDS) == 0
    assert [line["seconds"] for line in app.events("draining")] == [0.5]


def test_a_second_signal_skips_the_drain(launch: StartApp) -> None:
    app = launch(DRAIN_SECONDS="3600")
    app.process.send_signal(signal.SIGTERM)
    wait_for(lambda: is_unready(app), "the service is unready", PATIENCE_SECONDS)

    app.process.send_signal(signal.SIGTERM)

    assert app.process.wait(PATIENCE_SECONDS) == 0


def test_ctrl_c_does_not_drain(launch: StartApp) -> None:
    app = launch(DRAIN_SECONDS="3600")

    app.process.send_signal(signal.SIGINT)

    assert app.process.wait(PATIENCE_SECONDS) == 0
    assert app.events("draining") == []
