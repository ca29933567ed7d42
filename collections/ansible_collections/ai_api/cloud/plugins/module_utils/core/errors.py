"""The one kind of error that an action shows to its user."""

from __future__ import annotations


class CloudError(Exception):
    """A failure said so that someone on call can act on it.

    ``summary`` names the action and the resource, ``code`` and ``request_id`` are the vendor's own,
    ``next_step`` is what to do now. None of them may carry a secret.
    """

    def __init__(
        self,
        summary: str,
        *,
        code: str | None = None,
        request_id: str | None = None,
        next_step: str | None = None,
    ) -> None:
        super().__init__(summary)
        self.summary = summary
        self.code = code
        self.request_id = request_id
        self.next_step = next_step

    def __str__(self) -> str:
        vendor = ", ".join(
            part
            for part in (
                f"code {self.code}" if self.code else "",
                f"request id {self.request_id}" if self.request_id else "",
            )
            if part
        )
        text = f"{self.summary} ({vendor})" if vendor else self.summary
        return f"{text}. {self.next_step}" if self.next_step else text

    def as_result(self) -> dict[str, object]:
        """The fields of a failed task's result."""
        return {
            "failed": True,
            "msg": str(self),
            "error": {"code": self.code, "request_id": self.request_id, "next_step": self.next_step},
        }


def not_there(what: str, where: str) -> CloudError:
    """``what`` was expected to be in ``where``, and is not."""
    return CloudError(
        f"There is no {what} in {where}",
        next_step="Deploy first, or correct the deployment's name, region and credentials.",
    )
