"""The documentation of the WAITING options (module_utils/core/options.py)."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  wait_timeout:
    description: Seconds that the task may wait in all. The cloud goes on by itself after that.
    type: int
    default: 1800
  poll_interval:
    description: Seconds between two looks. Without it they grow from 0.1 to 5, or are as the cloud asks.
    type: float
"""
