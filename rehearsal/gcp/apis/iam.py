"""IAM: service accounts."""

from __future__ import annotations

import re

from ..accounts import Accounts
from ..collection import check_etag, page
from ..errors import ApiError, Violation, bad_request
from ..mask import apply
from ..policies import Policies, handlers
from ..rpc import Handlers, Json, Rpc, bytes_etag
from ..timing import Timing

DOCUMENT = "iam.v1"
_ACCOUNTS = "iam.projects.serviceAccounts"
_ID = re.compile(r"[a-z]([-a-z0-9]{4,28}[a-z0-9])")
_TEXTS = ("displayName", "description")
_UNSEEN_SECONDS = 0.5


class Iam:
    def __init__(self, accounts: Accounts, policies: Policies, timing: Timing) -> None:
        self._accounts, self._policies, self._timing = accounts, policies, timing

    @property
    def handlers(self) -> Handlers:
        find = self._accounts.find
        return {
            f"{_ACCOUNTS}.create": self._create,
            f"{_ACCOUNTS}.get": lambda rpc: find(rpc.name),
            f"{_ACCOUNTS}.list": lambda rpc: page(
                list(self._accounts.items.values()), rpc.query, "accounts", 20
            ),
            f"{_ACCOUNTS}.patch": self._patch,
            f"{_ACCOUNTS}.update": lambda rpc: self._change(rpc, rpc.body, ",".join(_TEXTS)),
            f"{_ACCOUNTS}.delete": self._delete,
            f"{_ACCOUNTS}.undelete": self._undelete,
            f"{_ACCOUNTS}.enable": lambda rpc: self._switch(rpc, disabled=False),
            f"{_ACCOUNTS}.disable": lambda rpc: self._switch(rpc, disabled=True),
            **handlers(_ACCOUNTS, self._policies, find, lambda name: str(find(name)["name"])),
        }

    def _create(self, rpc: Rpc) -> Json:
        account = rpc.body.get("accountId", "")
        if not _ID.fullmatch(account):
            text = (
                f"The account ID '{account}' does not match the required format: 6 to 30 lower-case letters, "
                "digits and hyphens, beginning with a letter and not ending with a hyphen."
            )
            raise bad_request([Violation("account_id", text)])
        if self._accounts.email(account) in self._accounts.items:
            text = f"Service account {account} already exists within project {rpc.name}."
            raise ApiError("ALREADY_EXISTS", text)
        given = rpc.body.get("serviceAccount", {})
        fields = {key: given[key] for key in _TEXTS if given.get(key)}
        return self._accounts.add(account, fields, self._timing.delay(rpc, _UNSEEN_SECONDS))

    def _patch(self, rpc: Rpc) -> Json:
        wanted = rpc.body.get("updateMask", "")
        if not wanted or set(wanted.split(",")) - {*_TEXTS, "display_name"}:
            text = f"The update mask '{wanted}' may name display_name and description only."
            raise ApiError("INVALID_ARGUMENT", text)
        return self._change(rpc, rpc.body.get("serviceAccount", {}), wanted)

    def _change(self, rpc: Rpc, content: Json, wanted: str) -> Json:
        account = self._accounts.find(rpc.name)
        check_etag(account, content)
        account |= apply(wanted, content, account, rpc.method.schemas, "ServiceAccount")
        account["etag"] = bytes_etag()
        return account

    def _delete(self, rpc: Rpc) -> Json:
        account = self._accounts.find(rpc.name)
        del self._accounts.items[account["email"]]
        self._accounts.deleted[account["uniqueId"]] = account
        self._policies.rename(_member(account), _deleted_member(account))
        self._policies.drop(account["name"])
        return {}

    def _undelete(self, rpc: Rpc) -> Json:
        account = self._accounts.deleted.get(rpc.id)
        if account is None or account["email"] in self._accounts.items:
            raise ApiError("NOT_FOUND", f"No deleted service account has the unique id {rpc.id}.")
        del self._accounts.deleted[rpc.id]
        self._accounts.items[account["email"]] = account
        self._policies.rename(_deleted_member(account), _member(account))
        return {"restoredAccount": account}

    def _switch(self, rpc: Rpc, disabled: bool) -> Json:
        self._accounts.find(rpc.name)["disabled"] = disabled
        return {}


def _member(account: Json) -> str:
    return f"serviceAccount:{account['email']}"


def _deleted_member(account: Json) -> str:
    return f"deleted:serviceAccount:{account['email']}?uid={account['uniqueId']}"
