"""What every action of this collection has in common.

The actions run inside the controller (docs/decisions/0001-action-plugins.md), so a task costs
milliseconds instead of the packaging and start of an interpreter.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from ansible.plugins.action import ActionBase
from ansible.plugins.loader import filter_loader, lookup_loader, test_loader
from ansible.template import Templar, trust_as_template
from ansible.utils.display import Display

from .errors import CloudError

Result = dict[str, Any]

# Before the fork as well: all templates need them and Jinja's lexer, and each worker would make them anew.
filter_loader.get("ansible.builtin.default")
test_loader.get("ansible.builtin.defined")
for _lookup in ("ansible.builtin.env", "ansible.builtin.file"):
    lookup_loader.get(_lookup, class_only=True)
Templar(loader=None, variables={}).template(trust_as_template("{{ 1 }}"))


class CloudAction(ActionBase):  # type: ignore[misc]
    """Validates the options, runs ``apply`` and turns a CloudError into a failed task.

    A subclass sets ``ARGUMENTS`` (an Ansible argument spec), optionally ``RULES`` (``required_if`` and
    its kin) and implements ``apply``, which returns the task's result.
    """

    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]]
    RULES: ClassVar[dict[str, Any]] = {}

    _supports_check_mode = True
    _supports_diff = True

    @abstractmethod
    def apply(self, options: dict[str, Any]) -> Result:
        """Do the work; options are validated and complete."""

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> Result:
        super().run(tmp, task_vars)
        self.task_vars = task_vars or {}
        _, options = self.validate_argument_spec(argument_spec=self.ARGUMENTS, **self.RULES)
        try:
            result = self.apply(options)
        except CloudError as error:
            result = error.as_result()
        return {"changed": False, **result}

    @property
    def check_mode(self) -> bool:
        return bool(self._task.check_mode)

    @property
    def wants_diff(self) -> bool:
        return bool(self._task.diff)

    def progress(self, message: str) -> None:
        """Show a line while the task runs; a long wait is never silent."""
        Display().display(f"  [{self.task_vars['inventory_hostname']}] {message}", color="dark gray")
