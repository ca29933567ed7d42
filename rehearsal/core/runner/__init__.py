"""Really runs what a control plane without data plane was told: services of revisions, each of instances.

Cloud Run and Container Apps share this shape. ``model`` is what a control plane says, ``Runner`` makes it so.
"""

from .model import Container, LogEntry, Phase, Probe, Revision, Scale, Share, Status
from .runner import Runner
from .service import Ingress

__all__ = [
    "Container",
    "Ingress",
    "LogEntry",
    "Phase",
    "Probe",
    "Revision",
    "Runner",
    "Scale",
    "Share",
    "Status",
]
