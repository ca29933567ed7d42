"""Documentation of aws_stack_info; the work is done in plugins/action/aws_stack_info.py."""

DOCUMENTATION = r"""
module: aws_stack_info
short_description: What a CloudFormation stack says about itself
version_added: 0.1.0
description:
  - Reads status and outputs of one stack with one call. Fails where there is no such stack.
options:
  name:
    description: The name of the stack.
    type: str
    required: true
extends_documentation_fragment: [ai_api.cloud.connection]
author: The AI API operations maintainers
"""

EXAMPLES = r"""
- name: Read where the service answers
  ai_api.cloud.aws_stack_info:
    cloud: aws
    region: us-east-1
    name: ai-api-prod-service
"""

RETURN = r"""
status:
  description: The status of the stack.
  returned: success
  type: str
  sample: UPDATE_COMPLETE
outputs:
  description: The outputs of the stack.
  returned: success
  type: dict
  sample:
    Url: http://ai-api-prod-1234567890.us-east-1.elb.amazonaws.com
"""
