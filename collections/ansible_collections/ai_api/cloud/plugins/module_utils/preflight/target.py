"""Where a target is: a cloud that there is, and a region that is named as this cloud names them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

import botocore.session

from ..aws.session import REGION
from ..core.finding import Finding, failed


def malformed_region(cloud: object, region: object) -> Iterator[Finding]:
    """A region that is no name of one; a cloud that is not known has none to compare with."""
    if cloud == "aws" and isinstance(region, str) and not REGION.fullmatch(region):
        meant = _closest(region, _known_regions())
        yield failed(
            "target_region",
            expected="the name of an AWS region",
            found=repr(region),
            next_step=f"Did you mean {meant}?" if meant else "Set it beside the host, for example us-east-1",
        )


def _known_regions() -> list[str]:
    session = botocore.session.get_session()
    partitions = session.get_available_partitions()
    return [name for part in partitions for name in session.get_available_regions("cloudformation", part)]


def _closest(region: str, known: list[str]) -> str | None:
    """The region that ``region`` is a slip of: upper case, other or no separators, a zone's letter."""
    letters = {re.sub(r"[^a-z0-9]", "", name): name for name in known}
    slip = re.sub(r"[^a-z0-9]", "", region.lower())
    match = difflib.get_close_matches(slip, letters, n=1, cutoff=0.8)
    return letters[match[0]] if match else None
