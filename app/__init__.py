"""The AI API: a FastAPI service that answers prompts through the OpenAI API."""

import gc

__version__ = "0.1.0"

# Imports make no garbage, and looking for it is a twentieth of the start; requests make little in cycles.
gc.set_threshold(50_000)
