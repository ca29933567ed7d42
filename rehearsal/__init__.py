"""The clouds on one machine: stand-ins that really run what the playbooks deploy."""
