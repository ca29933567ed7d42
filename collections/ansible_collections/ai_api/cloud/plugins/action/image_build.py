"""ai_api.cloud.image_build: the container image, built where what goes into it has changed."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, ClassVar

from ..module_utils.core.action import CloudAction, Result
from ..module_utils.core.errors import CloudError
from ..module_utils.core.shared import Shared
from ..module_utils.image import engine
from ..module_utils.image.build import Plan, build, plan
from ..module_utils.image.lock import only_one
from ..module_utils.image.order import Order
from ..module_utils.image.wheelhouse import MACHINES

UNKNOWN_TAG = "known-after-build"  # in check mode, before there is a base image
DAY = 86400.0
_SHARED = Shared("ai-api-image")


class ActionModule(CloudAction):
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]] = {
        "name": {"type": "str", "required": True},
        "project": {"type": "path", "required": True},
        "platform": {"type": "str", "default": "linux/amd64", "choices": list(MACHINES)},
        "base": {"type": "str", "required": True},
        "base_source": {"type": "str", "default": "auto", "choices": ["auto", "registry", "debian"]},
    }

    def apply(self, options: dict[str, Any]) -> Result:
        """The first target of a run has it built; the others wait for that and take what it found."""
        made: list[Result] = []

        def make() -> tuple[Result, float]:
            made.append(self._built(options))
            return made[0], time.time() + DAY

        found: Result = _SHARED.get(json.dumps([options, self.check_mode]), make)
        return made[0] if made else {**found, "changed": self.check_mode and found["changed"]}

    def _built(self, options: dict[str, Any]) -> Result:
        order = Order(**options | {"project": Path(options["project"]).resolve()})
        planned = plan(order)
        if planned and engine.inspect(planned.image):
            return result(order, planned, changed=False)
        if self.check_mode:
            return result(order, planned, changed=True)
        cache = writable(order.project / ".cache" / "image")
        with only_one(cache / "lock", self.progress):
            planned, changed = build(order, cache, self.progress)
        return result(order, planned, changed=changed)


def result(order: Order, planned: Plan | None, *, changed: bool) -> Result:
    tag = planned.tag if planned else UNKNOWN_TAG
    base = planned.base.reference if planned else None
    return {"changed": changed, "image": f"{order.name}:{tag}", "tag": tag, "base": base}


def writable(folder: Path) -> Path:
    """``folder``, made where it is not there. Raises CloudError when nothing can be written to it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "lock").touch()
    except OSError as error:
        raise CloudError(
            f"{folder} cannot be written: {error.strerror}",
            next_step="It keeps what the image build needs: make it writable for you and re-run.",
        ) from error
    return folder
