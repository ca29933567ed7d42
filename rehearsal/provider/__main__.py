from __future__ import annotations

import argparse
import os
import socket

import uvicorn

from .application import create_app


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m rehearsal.provider", description="A stand-in OpenAI API."
    )
    parser.add_argument("--host", action="append", help="address to listen on; may be repeated")
    parser.add_argument("--port", type=int, default=8900)
    options = parser.parse_args()
    config = uvicorn.Config(
        create_app(os.environ),
        access_log=False,
        log_level="critical",  # a connection that is dropped on purpose is an error to uvicorn
        timeout_graceful_shutdown=1,
    )
    addresses = [(host, options.port) for host in options.host or ["127.0.0.1"]]
    uvicorn.Server(config).run([socket.create_server(address) for address in addresses])


if __name__ == "__main__":
    main()
