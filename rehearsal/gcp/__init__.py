"""The GCP stand-in: Google's REST APIs after their discovery documents, and Cloud Run that really runs."""
