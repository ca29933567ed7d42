"""The program inside the test image: a small HTTP server whose days go as its environment says.

VERSION is what it answers. CRASH=1 ends it at its start, SICK=1 fails its health check, BURN=<share> keeps
that share of a core busy, START_SECONDS is how long it takes to listen, DRAIN_SECONDS is how long it goes on
answering after SIGTERM. After /sicken?<path> that path answers 503 until /heal?<path>; /quit?<code> ends it.
"""

import json
import os
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sick: set[str] = set()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        path, _, argument = self.path.partition("?")
        if path in sick:
            self.answer(503, "sick")
        elif path == "/health":
            self.answer(503 if os.environ.get("SICK") else 200, "health")
        elif path == "/slow":
            time.sleep(float(argument))
            self.answer(200, "slow")
        elif path == "/headers":
            self.answer(200, json.dumps(dict(self.headers)))
        elif path == "/environment":
            self.answer(200, json.dumps(dict(os.environ)))
        elif path == "/fetch":
            self.answer(200, fetch(argument))
        elif path == "/stream":
            self.stream(int(argument))
        elif path == "/hang-up":
            self.close_connection = True
        elif path in ("/sicken", "/heal"):
            (sick.add if path == "/sicken" else sick.discard)(argument)
            self.answer(200, argument)
        elif path == "/quit":
            say("quitting")
            os._exit(int(argument))
        else:
            self.answer(200, os.environ.get("VERSION", ""))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.answer(200, str(len(body)))

    def answer(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def stream(self, pieces: int) -> None:
        self.send_response(200)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for number in range(pieces):
            piece = f"{number}\n".encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            time.sleep(0.1)
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_: object) -> None:
        say(json.dumps({"request": self.path}))


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def fetch(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return str(answer.status)
    except urllib.error.HTTPError as error:
        return str(error.code)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def burn(share: float) -> None:
    while True:
        until = time.process_time() + 0.01 * share
        while time.process_time() < until:
            pass
        time.sleep(0.01 * (1 - share))


def main() -> None:
    say(f"version {os.environ.get('VERSION')}")
    if os.environ.get("CRASH"):
        sys.exit(3)
    time.sleep(float(os.environ.get("START_SECONDS", "0")))
    server = Server(("", 8000), Handler)

    def leave(*_: object) -> None:
        drain = float(os.environ.get("DRAIN_SECONDS", "0"))
        threading.Timer(drain, lambda: os._exit(0)).start()

    signal.signal(signal.SIGTERM, leave)
    if share := float(os.environ.get("BURN", "0")):
        threading.Thread(target=burn, args=(share,), daemon=True).start()
    server.serve_forever()


main()
