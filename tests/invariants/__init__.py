"""More lists make the book better, never worse: what must hold before and after any import, over all names."""
