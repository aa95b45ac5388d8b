"""The JSON API: one view file a subject."""
