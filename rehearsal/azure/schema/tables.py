"""The shapes of the vendor's models, made by a process of their own once and kept in a file."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from importlib.metadata import version
from pathlib import Path
from typing import Any

_PACKAGES = (
    "appcontainers",
    "authorization",
    "containerregistry",
    "keyvault",
    "loganalytics",
    "msi",
    "resource",
)


class Tables:
    """``file`` holds them between runs, for the versions of the packages that it names."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._models: dict[str, Any] = {}

    def fields(self, model: str) -> dict[str, Any]:
        """Those of a model such as ``app.ContainerApp``: see extract.py. The first call takes a second."""
        with self._lock:
            if not self._models:
                self._models = self._load()
        found: dict[str, Any] = self._models[model]
        return found

    def _load(self) -> dict[str, Any]:
        versions = {package: version(f"azure-mgmt-{package}") for package in _PACKAGES}
        try:
            kept = json.loads(self._file.read_text())
        except (OSError, ValueError):
            kept = {}
        if kept.get("versions") != versions:
            command = [sys.executable, "-m", "rehearsal.azure.schema.extract"]
            models = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
            kept = {"versions": versions, "models": models}
            self._file.write_text(json.dumps(kept))
        found: dict[str, Any] = kept["models"]
        return found
