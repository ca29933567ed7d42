"""The base image: pulled where a registry can be reached, otherwise made from Debian packages."""

from __future__ import annotations

import subprocess
import threading

from ..core.errors import CloudError
from . import debian, engine
from .order import Order
from .process import Show

FIRST_ANSWER_SECONDS = 8  # until a registry that can be reached has said what it is going to send


def present(order: Order) -> engine.Image | None:
    """The base that the engine already has, so that what was decided once is not decided again."""
    candidates = {
        "registry": [order.base],
        "debian": [debian.reference(order.project)],
        "auto": [order.base, debian.reference(order.project)],
    }
    found = map(engine.inspect, candidates[order.base_source])
    return next((image for image in found if image and image.platform == order.platform), None)


def obtain(order: Order, show: Show) -> engine.Image:
    """Pull or make the base. Raises CloudError."""
    if order.base_source != "debian":
        reason = pull(order.base, order.platform, show)
        if reason and order.base_source == "registry":
            raise CloudError(
                f"the base image {order.base} cannot be pulled: {reason}",
                next_step="Name another (image_base), or have one made (image_base_source: auto).",
            )
        if reason:
            show(f"{order.base} cannot be pulled ({reason}): making the base from Debian packages")
    found = present(order)
    if found is None:
        debian.make(order, show)
        found = present(order)
    if found is None:
        raise CloudError(
            f"{order.base} is not for {order.platform}", next_step="Correct image_base or image_platform."
        )
    return found


def pull(reference: str, platform: str, show: Show) -> str | None:
    """Pull ``reference``; the reason where that fails, soon where no registry answers."""
    command = ["docker", "pull", "--platform", platform, reference]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        silence = threading.Timer(FIRST_ANSWER_SECONDS, process.terminate)
        silence.start()
        assert process.stdout  # noqa: S101 - it is a pipe
        last = ""
        for line in process.stdout:
            silence.cancel()
            if last:
                show(last)
            last = line.strip()
        silence.cancel()
    if process.returncode:
        return last.removeprefix("Error response from daemon: ") or "no registry answers"
    return None
