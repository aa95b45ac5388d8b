"""The pages for people: views, filters and how values are displayed."""
