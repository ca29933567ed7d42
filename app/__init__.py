"""The AI API: a FastAPI service that answers prompts through the OpenAI API."""
