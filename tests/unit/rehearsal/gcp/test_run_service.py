"""A Cloud Run service from its image to its end."""

from __future__ import annotations

from tests.unit.rehearsal.gcp.harness import Harness, get


def test_a_service_answers(gcp: Harness, image: str) -> None:
    service = gcp.deploy("web", image, {"VERSION": "one"})
    assert get(service) == "one"
