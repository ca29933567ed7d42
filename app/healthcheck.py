"""``python -m app.healthcheck``: exit 0 when the service in this container is alive (images have no curl)."""

from __future__ import annotations

import sys
from http.client import HTTPConnection, HTTPException

PORT = 8000


def is_healthy(port: int = PORT) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=3)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(not is_healthy())
