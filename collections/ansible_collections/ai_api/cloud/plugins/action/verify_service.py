"""ai_api.cloud.verify_service: prove that a deployed service does what it promises."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import httpx

from ..module_utils.clouds.logs import read_lines
from ..module_utils.core.action import CloudAction, Result
from ..module_utils.core.errors import CloudError
from ..module_utils.core.finding import Finding
from ..module_utils.core.options import CONNECTION
from ..module_utils.verification import report
from ..module_utils.verification.checks import NotVerifiableError
from ..module_utils.verification.confidentiality import LogCheck
from ..module_utils.verification.runner import verify
from ..module_utils.verification.service import Expectations, Service, connect, own_address

LINES = 10_000


class ActionModule(CloudAction):
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "url": {"type": "str", "required": True},
        "target": {"type": "str"},
        "ca_file": {"type": "str", "default": ""},
        "api_key": {"type": "str", "default": "", "no_log": True},
        "allowed_origins": {"type": "list", "elements": "str", "default": []},
        "rate_limit_per_minute": {"type": "int", "default": 20},
        "separate_clients": {"type": "bool", "default": True},
        "log_connection": {"type": "dict", "options": CONNECTION},
        "log_reference": {"type": "str"},
        "log_minutes": {"type": "int", "default": 15},
        "secrets": {"type": "list", "elements": "str", "default": [], "no_log": True},
        "report_folder": {"type": "path", "default": "reports"},
        "wait_seconds": {"type": "float", "default": 60},
        "timeout_seconds": {"type": "float", "default": 60},
    }
    RULES: ClassVar[dict[str, Any]] = {"required_together": [("log_connection", "log_reference")]}

    def apply(self, options: dict[str, Any]) -> Result:
        if self.check_mode:
            return {
                "skipped": True,
                "verdict": "not verified",
                "msg": "Not verified: check mode sends no requests to the service.",
            }
        url = _url(options["url"])
        began = datetime.now(UTC)
        findings = asyncio.run(self._verify(url, options, began))
        shown = _without_credentials(url)
        reports = report.write(
            Path(options["report_folder"]), options["target"] or url.netloc.decode(), shown, began, findings
        )
        result = _result(shown, findings, reports)
        self.progress(f"{result['msg'].splitlines()[0]} (see {reports[0]})")
        return result

    async def _verify(self, url: httpx.URL, options: dict[str, Any], began: datetime) -> list[Finding]:
        expectations = Expectations(
            tuple(options["allowed_origins"]),
            options["rate_limit_per_minute"],
            options["separate_clients"],
            options["ca_file"],
            options["api_key"],
        )
        source = own_address(str(url))
        async with connect(str(url), source, options["timeout_seconds"], expectations) as client:
            service = Service(str(url), client, expectations, self.progress)
            return await verify(service, _log_check(options, began), self._show, options["wait_seconds"])

    def _show(self, finding: Finding) -> None:
        mark = {"passed": "ok", "failed": "FAILED", "skipped": "--"}[finding.outcome]
        self.progress(f"{mark:6} {finding}")


def _url(text: str) -> httpx.URL:
    """The service's base URL. Raises CloudError."""
    try:
        url = httpx.URL(text.rstrip("/"))
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in {"http", "https"} or not url.host:
        raise CloudError(
            "It is not known where the service answers: expected a URL like https://api.example.com",
            next_step="Deploy first, or give its URL: -e verify_url=https://api.example.com",
        )
    return url


def _without_credentials(url: httpx.URL) -> str:
    return str(url.copy_with(username=None, password=None))


def _log_check(options: dict[str, Any], began: datetime) -> Callable[[Service], Awaitable[str]]:
    connection, group = options["log_connection"], options["log_reference"]
    if not group:
        return _no_logs
    since = began - timedelta(minutes=options["log_minutes"])
    return LogCheck(lambda: read_lines(connection, group, since, LINES), options["secrets"])


async def _no_logs(_: Service) -> str:
    raise NotVerifiableError("the logs of a service that is known by its URL alone cannot be read")


def _result(url: str, findings: list[Finding], reports: list[str]) -> Result:
    counts = report.counts(findings)
    summary = ", ".join(f"{number} {outcome}" for outcome, number in counts.items() if number)
    failures = [str(finding) for finding in findings if finding.outcome == "failed"]
    return {
        "failed": bool(failures),
        "verdict": "failed" if failures else "passed",
        "counts": counts,
        "url": url,
        "reports": reports,
        "msg": "\n".join(
            [f"Verification of {url} {'failed' if failures else 'passed'}: {summary}", *failures]
        ),
    }
