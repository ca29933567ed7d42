"""JSON lines on standard output, from us and from every library, without content."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger


def configure(level: str) -> None:
    """Send structlog and the standard library's logging to standard output as JSON.

    Libraries are heard from WARNING on, uvicorn from INFO.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        outline_exception,
    ]
    renderer = structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )

    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
        )
    )
    handler.addFilter(_harmless)
    logging.captureWarnings(True)
    threshold = logging.getLevelNamesMapping()[level]
    logging.root.handlers = [handler]
    logging.root.setLevel(max(logging.WARNING, threshold))
    uvicorn = logging.getLogger("uvicorn")
    uvicorn.handlers, uvicorn.propagate = [], True
    uvicorn.setLevel(max(logging.INFO, threshold))


def _harmless(record: logging.LogRecord) -> bool:
    """Below WARNING some libraries log whole requests, and some let a variable (OPENAI_LOG) turn that on."""
    return record.levelno >= logging.WARNING or record.name.startswith("uvicorn")


def outline_exception(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Replace ``exc_info`` by the types and places of the chain of exceptions.

    Messages and locals stay out: they may quote a prompt or a key.
    """
    exc_info = event.pop("exc_info", None)
    if exc_info is True:
        exc_info = sys.exc_info()
    error = exc_info[1] if isinstance(exc_info, tuple) else exc_info
    if isinstance(error, BaseException):
        event["exception"] = [
            {
                "type": f"{type(link).__module__}.{type(link).__qualname__}",
                "at": [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(link.__traceback__)],
            }
            for link in _chain(error)
        ]
    return event


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
