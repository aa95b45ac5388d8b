"""The nouns of prices and what follows from them: plain Python, no clock, no store, no HTTP."""
