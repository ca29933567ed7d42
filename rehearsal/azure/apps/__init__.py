"""Container Apps: apps and their revisions as ARM knows them, run by the shared runner."""
