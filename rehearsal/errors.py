"""The one kind of error that a command of the rehearsal shows to its user."""

from __future__ import annotations


class RehearsalError(Exception):
    """Says what was expected, what was found and what to do; it is shown without a traceback."""
