"""PostgreSQL and a Redis-compatible cache of our own, for machines where neither runs."""

from llmpricing.local_stores.errors import StoreError
from llmpricing.local_stores.scratch import RunningStores, running_postgres, running_stores

__all__ = ["RunningStores", "StoreError", "running_postgres", "running_stores"]
