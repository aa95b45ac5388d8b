"""How PostgreSQL and Redis are reached: their URLs, waits, and the words for a failed connection."""
