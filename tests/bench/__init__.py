"""Benchmarks, started by ``python -m``: the collection gets on the path here, as by pytest's settings."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "collections"))
