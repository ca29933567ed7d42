"""The AI API: a FastAPI service that answers prompts through the OpenAI API."""

__version__ = "0.1.0"
