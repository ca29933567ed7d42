"""The layers around the routes, in their order."""

from __future__ import annotations

from collections.abc import Callable

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from . import rate_limit
from .authentication import Authentication
from .disconnect import CancelWhenGone
from .key_ring import KeyRing
from .limit_storage import Limits, LimitStore
from .observation import Observer
from .rate_limit import RateLimit
from .request_context import OVERHEAD_HEADER, RequestContext
from .request_size import RequestBody, RequestHead
from .response_headers import ResponseHeaders
from .settings import Settings
from .unexpected_errors import UnexpectedErrors


def layers(
    settings: Settings,
    store: LimitStore,
    key_ring: KeyRing | None,
    is_draining: Callable[[], bool],
    observer: Observer,
) -> list[Middleware]:
    """Outermost first: whatever fails inside still gets its id, its log line and its CORS headers.

    A request is refused as cheaply as possible: its body is read when everything else is in order.
    """
    origins = settings.allowed_origins
    return [
        Middleware(
            RequestContext,
            trusted_hops=settings.trusted_proxy_hops,
            is_draining=is_draining,
            observer=observer,
        ),
        Middleware(ResponseHeaders),
        Middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_credentials="*" not in origins,
            allow_methods=["GET", "POST"],
            allow_headers=["*"],
            expose_headers=["X-Request-ID", OVERHEAD_HEADER, *rate_limit.HEADERS],
        ),
        Middleware(UnexpectedErrors),
        Middleware(RequestHead),
        *([Middleware(Authentication, key_ring=key_ring)] if key_ring else []),
        Middleware(
            RateLimit,
            limits=Limits(settings.rate_limit_per_minute, settings.tokens_per_minute),
            store=store,
        ),
        Middleware(RequestBody, max_bytes=settings.max_body_bytes, seconds=settings.body_timeout_seconds),
        Middleware(CancelWhenGone),
    ]
