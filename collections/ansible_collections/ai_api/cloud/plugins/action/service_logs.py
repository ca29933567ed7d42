"""ai_api.cloud.service_logs: the lines that a deployed service wrote."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from ..module_utils.clouds.logs import read_lines
from ..module_utils.core.action import CloudAction, Result
from ..module_utils.core.options import CONNECTION


class ActionModule(CloudAction):
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        **CONNECTION,
        "log_reference": {"type": "str", "required": True},
        "minutes": {"type": "int", "default": 15},
        "count": {"type": "int", "default": 1000},
        "pattern": {"type": "str"},
    }

    def apply(self, options: dict[str, Any]) -> Result:
        since = datetime.now(UTC) - timedelta(minutes=options["minutes"])
        lines = read_lines(options, options["log_reference"], since, options["count"], options["pattern"])
        return {
            "lines": [
                {"time": line.time.isoformat(), "source": line.source, "message": line.message}
                for line in lines
            ],
            "complete": len(lines) < options["count"],
        }
