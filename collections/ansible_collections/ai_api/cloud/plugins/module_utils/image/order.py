"""What is wanted of an image build."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Order(NamedTuple):
    """The options of image_build; ``platform`` is like linux/amd64."""

    name: str
    project: Path
    platform: str
    base: str
    base_source: str

    @property
    def architecture(self) -> str:
        return self.platform.partition("/")[2]
