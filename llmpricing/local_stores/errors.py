"""The one error of this package."""

import click


class StoreError(click.ClickException):
    """A store cannot be used: why, in plain words without a secret, and what to do next. Ends a command with 1."""
