"""How requests find an instance, and what they get when there is none."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
import time
import urllib.request
from collections import Counter

import pytest
import trustme

from rehearsal.core.proxy import Plain
from rehearsal.core.runner import Phase, Scale, Share
from tests.support.waiting import wait_for
from tests.unit.rehearsal.runner.deployed import Deployed, together


def test_a_service_without_a_route(service: Deployed) -> None:
    assert service.ask()[0] == 404
    service.begin(service.revision("one"))
    assert service.runner.wait(service.name, "one", 30).phase is Phase.READY
    assert service.ask()[0] == 404


def test_requests_are_split_by_weight_and_tags_reach_a_revision(service: Deployed) -> None:
    for name in ("old", "new"):
        service.begin(service.revision(name))
    for name in ("old", "new"):
        assert service.runner.wait(service.name, name, 30).phase is Phase.READY
    service.runner.route(service.name, [Share("old", 90), Share("new", 10)], {"next": "new"})
    assert Counter(service.get() for _ in range(300)) == {"old": 270, "new": 30}
    assert service.get(host="next---svc.run.app") == "new"
    assert service.get(host="svc---next.apps.example") == "new"

    service.runner.route(service.name, [Share("new", 100)])
    assert {service.get() for _ in range(20)} == {"new"}
    with pytest.raises(ValueError, match="no revision other"):
        service.runner.route(service.name, [Share("other", 100)])
    assert service.get() == "new"


def test_an_instance_gets_the_forwarded_headers(service: Deployed) -> None:
    service.serve(service.revision("one"))
    assert json.loads(service.get("/headers"))["x-client"] == "127.0.0.1"


def test_an_ingress_with_tls(service: Deployed) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    service.open(tls=context)
    service.serve(service.revision("one"))
    with urllib.request.urlopen(f"https://127.0.0.1:{service.port}/", timeout=20, context=trusting) as answer:
        assert answer.read() == b"one"


def test_a_request_may_take_so_long_in_all(service: Deployed) -> None:
    service.serve(service.revision("one", request_timeout=0.5))
    assert service.ask("/slow?5") == (504, "upstream request timeout")
    # A response that has begun is cut, though it was never silent for long.
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        service.get("/stream?20")
    assert service.get() == "one"


def test_no_instance_has_more_requests_than_its_limit(service: Deployed) -> None:
    service.serve(service.revision("one", scale=Scale(2, 2, hard_limit=2)))
    began = time.monotonic()
    assert together(12, lambda: service.get("/slow?0.2")) == ["slow"] * 12
    assert time.monotonic() - began >= 0.6  # 12 requests, 4 at a time
    lines = [entry for entry in service.runner.logs(service.name) if "/slow" in entry.line]
    assert sorted(Counter(entry.instance for entry in lines).values()) == [6, 6]


def test_who_waits_too_long_for_room_is_told(service: Deployed) -> None:
    service.open(full=Plain(429, b"Rate exceeded."))
    service.serve(service.revision("one", scale=Scale(1, 1, hard_limit=1)))
    holding = threading.Thread(target=lambda: service.get("/slow?1.5"))
    holding.start()
    wait_for(lambda: service.requests("one") > 0, "a request")
    service.be_impatient("one")
    assert service.ask() == (429, "Rate exceeded.")
    holding.join()
    assert service.get() == "one"


def test_a_client_that_leaves_frees_its_place(service: Deployed) -> None:
    service.serve(service.revision("one", scale=Scale(1, 1, hard_limit=1)))
    impatient = http.client.HTTPConnection("127.0.0.1", service.port, timeout=0.3)
    impatient.request("GET", "/slow?20")
    with pytest.raises(TimeoutError):
        impatient.getresponse()
    impatient.close()
    assert service.get() == "one"


def test_an_instance_that_hangs_up_gives_503(service: Deployed) -> None:
    service.serve(service.revision("one"))
    assert service.ask("/hang-up")[0] == 503
    assert service.get() == "one"
