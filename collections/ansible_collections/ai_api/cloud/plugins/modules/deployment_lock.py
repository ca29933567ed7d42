"""Documentation of deployment_lock; the work is done in plugins/action/deployment_lock.py."""

DOCUMENTATION = r"""
module: deployment_lock
short_description: Refuse a second run of the same deployment
version_added: 0.1.0
description:
  - Takes a lock for the running C(ansible-playbook) and fails, naming the holder, where another one has it.
  - The lock of a run that has ended counts no more, however it ended, so it need not be released.
  - It keeps runs of one user on one machine apart. Against other machines the cloud's own engine protects its stacks.
  - In check mode nothing is locked.
options:
  name:
    description: What is locked, for example the deployment and its target.
    type: str
    required: true
  state:
    description: V(released) gives the lock back before the run ends.
    type: str
    choices: [acquired, released]
    default: acquired
  folder:
    description: Where the lock files are. Without it C($XDG_STATE_HOME/ai-api/locks), or C(~/.local/state) for the first part.
    type: path
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
  returned: when acquired
  type: str
"""
