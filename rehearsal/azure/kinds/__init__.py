"""The types of resources, one module each; Container Apps are in ``apps``."""
