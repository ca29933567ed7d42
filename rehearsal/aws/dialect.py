"""How AWS names calls, checks who makes them and words its refusals."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from ..core.asgi import Request, Response
from ..core.calls import Call
from .signature import Signature

Api = Callable[[str, Request], Awaitable[Response | None]]

_READS = re.compile(
    r"(Describe|List|Get|BatchGet|BatchCheck|Head|Validate|Lookup|Estimate|Filter|Query|Scan|Detect)"
)
# What containers ask about themselves is not signed.
_METADATA = "/v4/"

# kind -> (code in the JSON protocols, code in the query protocol, code of EC2, status, message)
_REFUSALS = {
    "throttle": ("ThrottlingException", "Throttling", "RequestLimitExceeded", 400, "Rate exceeded"),
    "error": ("InternalServerError", "InternalFailure", "InternalError", 500, "An internal error occurred."),
    "expired-token": (
        "ExpiredTokenException",
        "ExpiredToken",
        "RequestExpired",
        403,
        "The security token included in the request is expired",
    ),
    "unknown-key": (
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "AuthFailure",
        403,
        "The security token included in the request is invalid.",
    ),
    "wrong-secret": (
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "SignatureDoesNotMatch",
        403,
        "The request signature we calculated does not match the signature you provided. "
        "Check your AWS Secret Access Key and signing method.",
    ),
    "unsigned": (
        "MissingAuthenticationTokenException",
        "MissingAuthenticationToken",
        "MissingAuthenticationToken",
        403,
        "Missing Authentication Token",
    ),
}


class AwsDialect:
    """``apis`` answers the calls of services that MiniStack lacks, by their signing name."""

    def __init__(self, keys: Mapping[str, str], apis: Mapping[str, Api]) -> None:
        self._keys = keys
        self._apis = apis

    def is_call(self, path: str) -> bool:
        return not path.startswith(_METADATA)

    def identify(self, request: Request) -> Call:
        signature = Signature.of(request)
        action = _action(request)
        return Call(signature.service if signature else "", action, not _READS.match(action))

    def refuse_identity(self, request: Request, call: Call) -> Response | None:
        signature = Signature.of(request)
        if signature is None:
            return self._refusal("unsigned", call, request)
        secret = self._keys.get(signature.access_key_id)
        if secret is None:
            return self._refusal("unknown-key", call, request)
        if not signature.made_with(secret, request):
            return self._refusal("wrong-secret", call, request)
        return None

    def refusal(self, kind: str, call: Call, request: Request) -> Response:
        return self._refusal(kind, call, request)

    async def answer(self, request: Request, call: Call) -> Response | None:
        api = self._apis.get(call.service)
        return await api(call.action, request) if api else None

    def _refusal(self, kind: str, call: Call, request: Request) -> Response:
        json_code, query_code, ec2_code, status, message = _REFUSALS[kind]
        request_id = str(uuid.uuid4())
        if "x-amz-target" in request.headers:
            status = 500 if status == 500 else 400
            body = json.dumps({"__type": json_code, "message": message}).encode()
            return Response(
                status,
                body,
                request.headers.get("content-type", "application/x-amz-json-1.1"),
                {"x-amzn-requestid": request_id},
            )
        if call.service == "ec2":
            text = (
                f"<Response><Errors><Error><Code>{ec2_code}</Code><Message>{escape(message)}</Message></Error>"
                f"</Errors><RequestID>{request_id}</RequestID></Response>"
            )
        else:
            text = (
                f"<ErrorResponse><Error><Type>Sender</Type><Code>{query_code}</Code>"
                f"<Message>{escape(message)}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
            )
        return Response(status, text.encode(), "text/xml", {"x-amzn-requestid": request_id})


def _action(request: Request) -> str:
    """The operation's name; for REST services, which have none on the wire, method and path."""
    target = request.headers.get("x-amz-target", "")
    if target:
        return target.rpartition(".")[2]
    if request.method == "POST" and "form-urlencoded" in request.headers.get("content-type", ""):
        named = parse_qs(request.body.decode(errors="replace")).get("Action")
    else:
        named = request.query.get("Action")
    if named:
        return named[0]
    verb = {"GET": "Get", "HEAD": "Head"}.get(request.method, request.method)
    return f"{verb} {request.path}"
