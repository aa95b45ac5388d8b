"""Names against the price book: resolve one now or as of a day, and the coverage of many."""
