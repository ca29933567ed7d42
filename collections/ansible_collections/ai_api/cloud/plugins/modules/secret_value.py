"""Documentation of secret_value; the work is done in plugins/action/secret_value.py."""

DOCUMENTATION = r"""
module: secret_value
short_description: A value in the cloud's secret store, put only where it differs
version_added: 0.1.0
description:
  - Compares first, so that an unchanged value makes no new version.
  - Restores a secret that is scheduled for deletion. The secret itself is infrastructure and must exist.
  - Neither the result nor the diff holds the value.
  - On GCP, the version before the newest stays enabled for a roll-back; older ones are disabled, none is destroyed.
options:
  reference:
    description: Name or full identifier of the secret, on GCP V(projects/<project>/secrets/<name>).
    type: str
    required: true
  value:
    description: What it shall hold; empty is refused.
    type: str
    required: true
extends_documentation_fragment: [ai_api.cloud.connection]
author: The AI API operations maintainers
"""

EXAMPLES = r"""
- name: Put the provider key where it differs
  ai_api.cloud.secret_value:
    cloud: aws
    region: us-east-1
    reference: ai-api/openai-api-key
    value: "{{ lookup('env', 'OPENAI_API_KEY') }}"
  no_log: true
"""

RETURN = r"""
reference:
  description: The store's full name of the secret; as given where it does not exist yet (check mode).
  returned: success
  type: str
version:
  description: The version that holds the value. In check mode, a placeholder for one that does not exist yet.
  returned: success
  type: str
value_from:
  description:
    - How a container of the cloud's service takes this version.
    - "On AWS ECS' C(valueFrom), V(<arn>:::<version>); on GCP Cloud Run's C(valueSource),
      V({secretKeyRef: {secret, version}}); on Azure a container app's secret, V({name, keyVaultUrl})."
  returned: success
  type: raw
latest:
  description: Where an application finds the newest version, whichever that is.
  returned: success
  type: str
error:
  description: The vendor's code and request id, and what to do next.
  returned: failure
  type: dict
"""
