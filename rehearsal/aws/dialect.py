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

_JSON = "application/x-amz-json-1.1"
_QUERY_ERROR = (
    "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    "<RequestId>{request_id}</RequestId></ErrorResponse>"
)
_EC2_ERROR = (
    "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
    "<RequestID>{request_id}</RequestID></Response>"
)

# How a refusal is worded: (code, status) in the JSON protocols, the query protocols and EC2, and the text.
_REFUSALS = {
    "throttle": (
        ("ThrottlingException", 400),
        ("Throttling", 400),
        ("RequestLimitExceeded", 503),
        "Rate exceeded",
    ),
    "error": (
        ("InternalServerError", 500),
        ("InternalFailure", 500),
        ("InternalError", 500),
        "An internal error has occurred",
    ),
    "expired-token": (
        ("ExpiredTokenException", 400),
        ("ExpiredToken", 403),
        ("RequestExpired", 400),
        "The security token included in the request is expired",
    ),
    "unknown-key": (
        ("UnrecognizedClientException", 400),
        ("InvalidClientTokenId", 403),
        ("AuthFailure", 401),
        "The security token included in the request is invalid.",
    ),
    "wrong-secret": (
        ("InvalidSignatureException", 400),
        ("SignatureDoesNotMatch", 403),
        ("SignatureDoesNotMatch", 403),
        "The request signature we calculated does not match the signature you provided. "
        "Check your AWS Secret Access Key and signing method.",
    ),
    "unsigned": (
        ("MissingAuthenticationTokenException", 400),
        ("MissingAuthenticationToken", 403),
        ("MissingAuthenticationToken", 403),
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
            return self.refusal("unsigned", call, request)
        secret = self._keys.get(signature.access_key_id)
        if secret is None:
            return self.refusal("unknown-key", call, request)
        if not signature.made_with(secret, request):
            return self.refusal("wrong-secret", call, request)
        return None

    def refusal(self, kind: str, call: Call, request: Request) -> Response:
        in_json, in_query, in_ec2, message = _REFUSALS[kind]
        request_id = str(uuid.uuid4())
        headers = {"x-amzn-requestid": request_id}
        if "x-amz-target" in request.headers:
            code, status = in_json
            body = json.dumps({"__type": code, "message": message}).encode()
            return Response(status, body, request.headers.get("content-type", _JSON), headers)
        code, status = in_ec2 if call.service == "ec2" else in_query
        form = _EC2_ERROR if call.service == "ec2" else _QUERY_ERROR
        text = form.format(code=code, message=escape(message), request_id=request_id)
        return Response(status, text.encode(), "text/xml", headers)

    async def answer(self, request: Request, call: Call) -> Response | None:
        api = self._apis.get(call.service)
        return await api(call.action, request) if api else None


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
