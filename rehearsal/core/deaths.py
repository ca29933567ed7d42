"""Containers that end by themselves, as the engine tells it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping

from docker.errors import DockerException

from .containers import Engine

log = logging.getLogger("containers")
_RECONNECT_SECONDS = 1.0


def watch(
    engine: Engine,
    labels: Mapping[str, str],
    known: Callable[[], Iterable[str]],
    ended: Callable[[str], None],
) -> None:
    """Call ``ended`` for every container with these labels that ends, for ever; more than once for some.

    The engine may restart: then listen again, and look what was missed among the ``known`` ones.
    """
    while True:
        try:
            since = time.time()
            for container in known():
                if not engine.runs(container):
                    ended(container)
            for container in engine.deaths(labels, since):
                ended(container)
        except (DockerException, OSError) as error:
            log.warning("the container engine is away: %s", error)
        time.sleep(_RECONNECT_SECONDS)
