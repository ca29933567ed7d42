"""Documentation of image_push; the work is done in plugins/action/image_push.py."""

DOCUMENTATION = r"""
module: image_push
short_description: An image of the local engine in a cloud's registry, known by its digest
version_added: 0.1.0
description:
  - Tags are immutable, so an image whose tag the registry has already is not pushed; finding that is one read.
  - Logs in with a short-lived token that is handed over by standard input and kept in a folder of its own, which
    is gone afterwards; the user's own docker configuration is not touched.
options:
  image:
    description: The image in the engine, with the tag it shall have in the registry.
    type: str
    required: true
  repository:
    description: The repository's address, host and name.
    type: str
    required: true
  push_host:
    description: Where to push when that is not the repository's own host, as in a rehearsal.
    type: str
    default: ""
extends_documentation_fragment: [ai_api.cloud.connection]
author: The AI API operations maintainers
"""

EXAMPLES = r"""
- name: Push the image when it is not there yet
  ai_api.cloud.image_push:
    cloud: aws
    region: us-east-1
    image: ai-api:7c50051176b693d6
    repository: 123456789012.dkr.ecr.us-east-1.amazonaws.com/ai-api
"""

RETURN = r"""
reference:
  description: The image by its digest. In check mode, a placeholder while the registry does not have it.
  returned: success
  type: str
  sample: 123456789012.dkr.ecr.us-east-1.amazonaws.com/ai-api@sha256:8f50270b67906e77eb74dfda03febc4ccfe699c8093b04022606554c0aa8995d
digest:
  description: The digest that the registry reports; null in check mode while it does not have the image.
  returned: success
  type: str
tag:
  description: The image's tag.
  returned: success
  type: str
error:
  description: The vendor's code and request id, and what to do next.
  returned: failure
  type: dict
"""
