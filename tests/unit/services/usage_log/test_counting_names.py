"""A number that nobody reads is asked about by any word of its field's name, and what is no count never is."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmpricing.domain.usage.likely import told_meter
from llmpricing.services.usage_log.columns import UncountedError
from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.formats.unread import looks_billed
from tests.usage_twins import FOLDER

COUNTING = {
    "hologram_tokens_in": "input_tokens",
    "tokens_hologram": None,
    "hologram_toks": None,
    "image_count": "input_images",
    "video_minutes": "input_video_seconds (times 60)",
    "cached_input": "cache_read_tokens",
    "cache_hits": "cache_read_tokens",
    "thinking": "output_reasoning_tokens",
    "audio_in": "input_audio_tokens",
    "surcharge_fee": None,
    "price_multiplier": None,
    "realtime.tokensOut": "output_tokens",
    "gpu_hours": None,
    "gpuSeconds": None,
    "instance_hours": None,
    "storage_gb": "storage_gib_days",
    "storage_bytes": "storage_gib_days",
    "gb_months": None,
    "minutes": "input_audio_seconds (times 60)",
    "hours_used": None,
    "billable_minutes": "input_audio_seconds (times 60)",
    "billed_quantity": None,
    "pages": "input_document_pages",
    "images": "input_images",
}

NEVER = (
    "max_output_tokens maxtokens token_limit tokens_remaining token_budget context_window "
    "audio_duration_seconds latency_ms tokens_per_second time_to_first_token cache_hit_ratio token_id "
    "image_index temperature retry_tokens image_width thinking_budget cached_at total_price cost "
    "requests_per_minute service_level mode "
    "hour minute day runtime_minutes uptime_hours latency_minutes compute_time_ms session_id gpu_id gpu "
    "storage_limit_gb storage_class memory_gb hours_remaining minutes_per_day gpu_utilization_percent billed billed_at "
)


@pytest.mark.parametrize("name", COUNTING)
def test_a_number_is_asked_about_wherever_in_the_name_the_word_stands(name: str) -> None:
    assert looks_billed(name, "77")
    assert looks_billed(name, 77)
    assert not looks_billed(name, "0")
    assert told_meter(name) == COUNTING[name]


@pytest.mark.parametrize(
    "name",
    NEVER.split(),
)
def test_a_time_a_limit_a_rate_or_a_name_is_no_count(name: str) -> None:
    assert not looks_billed(name, "77")


def test_a_text_under_such_a_name_is_no_count() -> None:
    assert not looks_billed("image", "nginx:1.2")


@pytest.mark.parametrize("name", COUNTING)
def test_a_column_beside_those_of_a_tool_stops_its_file(tmp_path: Path, name: str) -> None:
    head, first, *_ = (FOLDER / "openai-usage-dashboard.csv").read_text("utf-8").splitlines()
    path = tmp_path / "usage.csv"
    path.write_text(f"{head},{name}\n{first},77\n")
    with pytest.raises(UncountedError, match=name):
        list(UsageFiles([usage_file(path)]).records())
