"""A stand-in for the OpenAI API: ``python -m rehearsal.provider --host 127.0.0.1 --port 8900``.

Serves ``/v1/chat/completions`` (plain and streamed) and ``/v1/models`` to whoever brings a key out of
PROVIDER_KEYS. Answers repeat the prompt, so they can be predicted; a word is a token. It keeps
counters and the headers of the last requests, never a prompt or a key. ``admin`` is its remote control.
"""
