"""The bodies of /generate."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

MAX_PROMPT_CHARACTERS = 10_000
MAX_TOKENS = 4096


def _number(value: object) -> object:
    """Pydantic would take true and "1" for numbers, which the API's description does not."""
    if isinstance(value, bool | str):
        raise ValueError("expected a number")
    return value


class GenerateRequest(BaseModel):
    prompt: Annotated[str, Field(min_length=1, max_length=MAX_PROMPT_CHARACTERS)]
    max_tokens: Annotated[int, Field(ge=1, le=MAX_TOKENS), BeforeValidator(_number)] = 1000
    temperature: Annotated[float, Field(ge=0, le=2, allow_inf_nan=False), BeforeValidator(_number)] = 0.7
    stream: bool = False


class Usage(BaseModel):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class GenerateResponse(BaseModel):
    content: str
    model: str
    usage: Usage
    latency_ms: float
