"""Use cases: functions that take a session first and return domain values."""
