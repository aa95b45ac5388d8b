"""The command line, the initialisation of a database, and the process that `llmpricing run` is."""
