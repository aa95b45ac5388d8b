"""One command of `llmpricing` a file; each asks the services and prints."""
