"""verify.yml against the real application, as its users run it and see it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.unit.app.serving import App, Provider, app_command, provider_command, running
from tests.unit.playing import play
from tests.unit.verification.flawed import Flawed
from tests.unit.verification.serving import serving

KEY = f"sk-{secrets.token_urlsafe(32)}"
ORIGIN = "https://app.example.com"


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    log = tmp_path_factory.mktemp("provider") / "log"
    with running(Provider, provider_command, {"PROVIDER_KEYS": KEY}, log, "/_admin/health") as started:
        yield started


@pytest.fixture(scope="module")
def app(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    settings = {
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": provider.api,
        "OPENAI_MAX_RETRIES": "0",
        "ALLOWED_ORIGINS": ORIGIN,
    }
    with running(App, app_command, settings, tmp_path_factory.mktemp("app") / "log", "/health") as started:
        yield started


def variables(url: str, reports: Path, **more: object) -> list[str]:
    values = {"verify_url": url, "verify_report_folder": str(reports), "verify_wait_seconds": 0, **more}
    return ["-e", json.dumps(values)]


def test_the_application_passes_and_is_asked_for_one_answer(
    app: App, provider: Provider, tmp_path: Path
) -> None:
    provider.reset()
    finished = play("verify.yml", *variables(app.url, tmp_path, verify_allowed_origins=[ORIGIN]))
    assert finished.returncode == 0, finished.stdout
    assert f"Verification of {app.url} passed: 15 passed, 1 skipped" in finished.stdout
    assert "confidential logs: skipped, the logs of a service that is known" in finished.stdout
    assert "changed=0" in finished.stdout
    assert provider.calls("/v1/chat/completions") == 1


def test_a_second_verification_right_after_it_passes_too(app: App, tmp_path: Path) -> None:
    for _ in range(2):
        finished = play("verify.yml", *variables(app.url, tmp_path))
        assert finished.returncode == 0, finished.stdout
        assert "that the rate limit still counts" not in finished.stdout


def test_the_reports_say_what_was_found(app: App, tmp_path: Path) -> None:
    play("verify.yml", *variables(app.url, tmp_path))
    name = "verify-" + app.url.removeprefix("http://").replace(":", "-")
    report = json.loads((tmp_path / f"{name}.json").read_text())
    assert report["verdict"] == "passed"
    assert report["counts"] == {"passed": 14, "failed": 0, "skipped": 2}
    suite = ET.parse(tmp_path / f"{name}.xml").getroot()  # noqa: S314  our own report
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("16", "0", "2")
    assert [case.get("name") for case in suite] == [finding["name"] for finding in report["findings"]]


def test_a_failure_is_one_line(app: App, provider: Provider, tmp_path: Path) -> None:
    provider.accept_keys("another")
    try:
        finished = play("verify.yml", *variables(app.url, tmp_path))
    finally:
        provider.reset()
        provider.accept_keys(KEY)
    assert finished.returncode == 2
    [line] = {line.strip() for line in finished.stdout.splitlines() if line.strip().startswith("generate: ")}
    assert line.startswith("generate: expected status 200, found status 503 (")
    assert line.endswith("check its key, quota and model.")
    report = json.loads(next(tmp_path.glob("*.json")).read_text())
    assert report["verdict"] == "failed"
    failure = ET.parse(next(tmp_path.glob("*.xml"))).getroot().find("testcase/failure")  # noqa: S314
    assert failure is not None
    assert "expected status 200" in str(failure.get("message"))


def test_no_key_no_prompt_and_no_answer_is_shown_or_kept(tmp_path: Path) -> None:
    key = f"sk-{secrets.token_urlsafe(32)}"
    for flaw in ("provider fails", "quotes the prompt", "latency is wrong"):
        with serving(Flawed(flaw).app) as url:
            arguments = variables(url, tmp_path, verify_secrets="{{ [lookup('env', 'PLANTED')] }}")
            finished = play("verify.yml", "-vvvv", *arguments, env={"PLANTED": key})
        kept = "".join(path.read_text() for path in tmp_path.iterdir())
        for confidential in (key, "as ready as can be", "Answer with the single word", "xxxxxxxxxx"):
            assert confidential not in finished.stdout + finished.stderr + kept


def test_check_mode_asks_nothing_and_says_so(app: App, provider: Provider, tmp_path: Path) -> None:
    provider.reset()
    finished = play("verify.yml", "--check", "-v", *variables(app.url, tmp_path))
    assert finished.returncode == 0, finished.stdout
    assert "Not verified: check mode sends no requests" in finished.stdout
    assert provider.calls("/v1/chat/completions") == 0
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_url_is_refused_with_an_example(tmp_path: Path) -> None:
    finished = play("verify.yml", *variables("api.example.com", tmp_path))
    assert finished.returncode == 2
    assert "expected a URL like https://api.example.com" in finished.stdout


def test_reports_that_cannot_be_written_are_said(app: App, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    finished = play("verify.yml", *variables(app.url, tmp_path / "file"))
    assert finished.returncode == 2
    assert "Cannot write the report" in finished.stdout
    assert "verify_report_folder" in finished.stdout
