"""Chat completions in OpenAI's shapes: whole, and as server-sent events."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from typing import Any

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from .gate import client_left
from .state import Fault

Document = dict[str, Any]


def complete(model: str, prompt: str, max_tokens: int) -> Document:
    """The answer repeats the prompt, cut off after ``max_tokens`` words."""
    words = ["You", "said:", *prompt.split()]
    answer = words[:max_tokens]
    usage = {"prompt_tokens": len(words) - 2, "completion_tokens": len(answer)}
    return {
        "id": f"chatcmpl-{secrets.token_hex(12)}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": " ".join(answer), "refusal": None},
                "logprobs": None,
                "finish_reason": "stop" if answer == words else "length",
            }
        ],
        "usage": {**usage, "total_tokens": sum(usage.values())},
    }


def chunks(completion: Document, with_usage: bool) -> Iterator[Document]:
    """The same answer word by word; the last chunk has the usage where it was asked for."""
    common = {**completion, "object": "chat.completion.chunk"}
    choice, usage = common.pop("choices")[0], common.pop("usage")
    words = choice["message"]["content"].split(" ")
    deltas: list[Document] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": f" {word}" if position else word} for position, word in enumerate(words)]
    for delta in deltas:
        yield {**common, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield {**common, "choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]}
    if with_usage:
        yield {**common, "choices": [], "usage": usage}


class EventStream(Response):
    """Sends each chunk as an event, with the delays and mishaps of ``fault``, until the client leaves."""

    media_type = "text/event-stream"

    def __init__(self, events: Iterator[Document], fault: Fault) -> None:
        super().__init__()
        del self.headers["content-length"]
        self._events = events
        self._fault = fault

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = self._fault
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": b"", "more_body": True})
        for position, event in enumerate(self._events):
            pause = fault.pause_seconds if position == fault.pause_after else 0
            if await client_left(receive, fault.delta_seconds + pause):
                return
            if position == fault.drop_after:
                return  # an answer without an end: the server closes the connection
            if position == fault.error_after:
                await send(_event({"error": {"message": "The server is overloaded", "type": "server_error"}}))
                break
            await send(_event(event))
        await send({"type": "http.response.body", "body": b"data: [DONE]\n\n"})


def _event(document: Document) -> Message:
    data = f"data: {json.dumps(document, separators=(',', ':'))}\n\n".encode()
    return {"type": "http.response.body", "body": data, "more_body": True}
