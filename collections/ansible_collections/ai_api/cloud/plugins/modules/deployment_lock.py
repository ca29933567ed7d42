"""Documentation of deployment_lock; the work is done in plugins/action/deployment_lock.py."""

DOCUMENTATION = r"""
module: deployment_lock
short_description: Refuse a second run of the same deployment
version_added: 0.1.0
description:
  - Takes a lock for the running C(ansible-playbook) and fails, naming the holder, where another one has it.
  - The run gives its locks back when it ends, also when a target failed. The lock of one that was killed counts no more.
  - It keeps runs of one user on one machine apart. Against other machines the cloud's own engine protects its stacks.
  - The lock files are in C($XDG_STATE_HOME/ai-api/locks), or in C(~/.local/state/ai-api/locks).
  - In check mode nothing is locked.
options:
  name:
    description: What is locked, for example the deployment and its target.
    type: str
    required: true
author: The AI API operations maintainers
"""

EXAMPLES = r"""
- name: Refuse a second run of the same deployment
  ai_api.cloud.deployment_lock:
    name: "{{ deployment_name }}-{{ inventory_hostname }}"
"""

RETURN = r"""
taken_over_from:
  description: The run that ended without giving the lock back, if there was one.
  returned: success
  type: str
"""
