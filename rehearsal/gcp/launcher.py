"""Starts the GCP stand-in: ``python -m rehearsal.gcp.launcher CONFIG``."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path

from ..core.serving import Site, serve
from .config import Config
from .stand_in import GcpStandIn


async def run(config: Config) -> None:
    """Serve until SIGTERM or SIGINT, then leave no container behind."""
    stand_in = GcpStandIn(config)
    try:
        await serve(Site(stand_in.front, [(host, config.port) for host in config.hosts]))
    finally:
        stand_in.close()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(run(Config.load(Path(sys.argv[1]))))
