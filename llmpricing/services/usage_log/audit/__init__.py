"""What usage files say it cost beside what it costs, and why the two differ."""
