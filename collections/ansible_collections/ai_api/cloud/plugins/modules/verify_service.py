"""Documentation of verify_service; the work is done in plugins/action/verify_service.py."""

DOCUMENTATION = r"""
module: verify_service
short_description: Prove that a deployed service does what it promises
version_added: 0.1.0
description:
  - Asks the service over HTTP for its health, its readiness, one real answer, the refusal of bad requests, its origins,
    its request ids and its rate limit, and looks for keys, prompts and answers in its logs.
  - One prompt reaches the provider. All other requests are refused by the service itself.
  - Writes JUnit XML and JSON, and fails with one line for each failed check. Nothing in them quotes keys or answers.
  - A service on IPv4 loopback is asked from a loopback address that was not used before, so its rate limit is unused.
    Elsewhere, where the limit of this client is used up, the verification waits for it, 70 seconds at most.
  - Does nothing in check mode.
options:
  url:
    description: Where the service answers.
    type: str
    required: true
  target:
    description: What the reports are named after. Without it the host and port of O(url).
    type: str
  ca_file:
    description: Certificates of a private authority, where the service's certificate is by one.
    type: str
    default: ""
  api_key:
    description: The key of a caller, where the service wants one.
    type: str
    default: ""
  allowed_origins:
    description: Browser origins that must be allowed. Without any, that check is skipped.
    type: list
    elements: str
    default: []
  rate_limit_per_minute:
    description: Requests a minute that one client may make. The limit is verified from 1 to 200.
    type: int
    default: 20
  separate_clients:
    description: Whether a second client must be counted apart; can be verified on loopback alone.
    type: bool
    default: true
  log_connection:
    description: How the cloud that keeps the logs is reached; the options of the other actions. Needs O(log_reference).
    type: dict
  log_reference:
    description: The log of the service, on AWS its log group. Without it the check of the logs is skipped.
    type: str
  log_minutes:
    description: How far before the verification the log is searched.
    type: int
    default: 15
  secrets:
    description: Values that must not be in the logs.
    type: list
    elements: str
    default: []
  report_folder:
    description: Where C(verify-<target>.xml) and C(verify-<target>.json) are written.
    type: path
    default: reports
  wait_seconds:
    description: How long to wait for the service to answer at all, since names and health checks of a new one take a while.
    type: float
    default: 60.0
  timeout_seconds:
    description: How long one request may take.
    type: float
    default: 60.0
author: The AI API operations maintainers
"""

EXAMPLES = r"""
- name: Verify any service
  ai_api.cloud.verify_service:
    url: https://api.example.com
    allowed_origins: [https://app.example.com]
"""

RETURN = r"""
verdict:
  description: Whether every check that could be made passed.
  returned: always
  type: str
  sample: passed
counts:
  description: How many checks had which outcome.
  returned: always
  type: dict
  sample:
    passed: 15
    failed: 0
    skipped: 1
reports:
  description: The reports that were written. They tell what each check found.
  returned: always
  type: list
  elements: str
"""
