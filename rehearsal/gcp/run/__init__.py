"""Cloud Run: services whose revisions really run."""
