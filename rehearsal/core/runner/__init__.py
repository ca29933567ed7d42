"""Really runs what a control plane without data plane was told: services of revisions, each of instances.

Cloud Run and Container Apps share this shape. ``model`` is what a control plane says, ``Runner`` makes it so.
"""
