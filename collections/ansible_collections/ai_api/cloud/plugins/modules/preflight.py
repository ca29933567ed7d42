"""Documentation of preflight; the work is done in plugins/action/preflight.py."""

DOCUMENTATION = r"""
module: preflight
short_description: Refuse a deployment that cannot succeed, before the first change
version_added: 0.1.0
description:
  - Checks the play's variables against the argument specs of the roles and of the inventory. Refused are missing,
    misspelt and malformed ones, and values that contradict each other.
  - Checks the provider key, the cloud's credentials, the container engine, the free disk space and, where
    C(rehearsal_endpoints_file) is set, that the stand-ins run.
  - Reports all problems together, each with what was expected, what was found, and what to do. Changes nothing.
options:
  roles_path:
    description: The folder of the roles, whose C(meta/argument_specs.yml) declare their variables.
    type: path
    required: true
  inventory_spec:
    description: The argument specs of the inventory.
    type: path
    required: true
  folder:
    description: Where the deployment writes on this machine.
    type: path
    default: "."
  folder_free_gib:
    description: GiB that must be free there.
    type: float
    default: 1.0
  engine_free_gib:
    description: GiB that must be free where the container engine keeps its images.
    type: float
    default: 3.0
author: The AI API operations maintainers
"""

EXAMPLES = r"""
- name: Check everything that can be checked before the first change
  ai_api.cloud.preflight:
    roles_path: "{{ playbook_dir }}/../roles"
    inventory_spec: "{{ playbook_dir }}/../inventories/argument_specs.yml"
"""

RETURN = r"""
identity:
  description: Who deploys.
  returned: success
  type: str
  sample: account 123456789012 as arn:aws:iam::123456789012:user/deployer
"""
