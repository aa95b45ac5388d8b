#!/bin/sh
# Run once by the PostgreSQL image, on an empty data folder: the role that serves (docs/operations.md).
set -eu
psql -v ON_ERROR_STOP=1 -v password="$LLMPRICING_SERVING_PASSWORD" -U "$POSTGRES_USER" -d "$POSTGRES_DB" <<'SQL'
create role llmpricing_serving login password :'password';
alter default privileges grant select, insert, update, delete on tables to llmpricing_serving;
SQL
