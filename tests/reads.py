"""Addresses of the API that read the example book, all of one moment: their answers can be held side by side."""

AT = "2026-11-23T00:00:00Z"
READ = (
    f"/api/v1/quote?model=acme/acme-large&input_tokens=1000000&at={AT}",
    f"/api/v1/resolve?model=acme-small&as_of={AT}",
    f"/api/v1/models?limit=3&sort=-input_per_mtok&as_of={AT}",
    f"/api/v1/models/acme/acme-large?as_of={AT}",
    "/api/v1/history/acme/acme-dated",
    f"/api/v1/compare?models=acme/acme-large,acme/acme-small&as_of={AT}",
    f"/api/v1/calculator?as_of={AT}",
    "/api/v1/providers",
    "/api/v1/sources",
    f"/api/v1/changes?since={AT}",
    "/api/v1/disagreements?limit=7",
)
