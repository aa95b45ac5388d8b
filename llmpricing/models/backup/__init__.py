"""The whole price book in one file: all tables with their ids and both clocks, for another database."""
