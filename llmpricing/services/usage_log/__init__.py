"""Prices whole usage logs column by column; the one service with NumPy and Arrow."""
