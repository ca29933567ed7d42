"""Starts the Azure stand-in: ``python -m rehearsal.azure.launcher CONFIG``."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Iterable
from pathlib import Path

from ..core.serving import Site, serve
from .config import Config
from .stand_in import AzureStandIn


async def run(config: Config) -> None:
    """Serve until SIGTERM or SIGINT, then leave no container behind."""
    stand_in = AzureStandIn(config)
    tls = (config.certificate, config.key)

    def addresses(ports: Iterable[int]) -> list[tuple[str, int]]:
        return [(host, port) for port in ports for host in config.hosts]

    try:
        await serve(
            Site(stand_in.front, addresses([config.port]), tls),
            Site(stand_in.vaults, addresses(config.vault_ports), tls),
            Site(stand_in.identity, addresses([config.identity_port])),
        )
    finally:
        stand_in.close()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(run(Config.load(Path(sys.argv[1]))))
