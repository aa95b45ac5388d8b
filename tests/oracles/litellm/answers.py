"""What LiteLLM's own calculator says: JSON lines in, JSON lines out. Runs in the oracle's environment, which has no
llmpricing.

A line in: ``model``, ``provider``, ``call`` and, by call, ``usage``, ``tier``, ``residency``, ``location``, ``amount``,
``max_results``, ``resolution``, ``searches``, ``size``. A line out: ``cost`` in USD and the ``key`` of the map's entry
it was read from, or ``error``.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
from types import SimpleNamespace

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # the map in the package, never the network's

import litellm
from litellm.cost_calculator import cost_per_token, default_video_cost_calculator
from litellm.litellm_core_utils.llm_cost_calc.tool_call_cost_tracking import StandardBuiltInToolCostTracking
from litellm.llms.base_llm.ocr.transformation import OCRResponse, OCRUsageInfo

logging.disable(logging.CRITICAL)
litellm.suppress_debug_info = True


def _tokens(case: dict) -> float:
    usage = litellm.Usage(**case["usage"])
    return sum(
        cost_per_token(
            model=case["model"],
            custom_llm_provider=case["provider"],
            usage_object=usage,
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            call_type=case["call"],
            service_tier=case.get("tier"),
            data_residency=case.get("residency"),
            vertex_location=case.get("location"),
        )
    )


def _units(case: dict) -> float:
    amount = case["amount"]
    if case["call"] == "create_video":
        return default_video_cost_calculator(
            case["model"], amount, case["provider"], video_resolution=case.get("resolution")
        )
    told = {
        "transcription": {"audio_transcription_file_duration": amount},
        "speech": {"prompt_characters": amount},
        "rerank": {"rerank_billed_units": {"search_units": amount}},
        "search": {
            "number_of_queries": amount,
            "response": SimpleNamespace(_hidden_params={"max_results": case.get("max_results", 10)}),
        },
        "ocr": {"response": OCRResponse(pages=[], model="", usage_info=OCRUsageInfo(pages_processed=amount))},
    }
    return sum(
        cost_per_token(
            model=case["model"], custom_llm_provider=case["provider"], call_type=case["call"], **told[case["call"]]
        )
    )


def _searches(case: dict) -> float:
    count = case["searches"]
    usage = litellm.Usage(
        prompt_tokens_details={"web_search_requests": count}, server_tool_use={"web_search_requests": count}
    )
    if case["provider"] == "perplexity":  # its calculator counts searches with the tokens
        return sum(cost_per_token(case["model"], custom_llm_provider="perplexity", usage_object=usage))
    return StandardBuiltInToolCostTracking._handle_web_search_cost(
        case["model"], case["provider"], usage, {"web_search_options": {"search_context_size": case["size"]}}
    )


def _cost(case: dict) -> float:
    return _tokens(case) if "usage" in case else _searches(case) if "searches" in case else _units(case)


def _entry(case: dict) -> str | None:
    """The map's entry that the calculator reads for this name."""
    twice = f"{case['provider']}/{case['provider']}/"
    model = case["model"].removeprefix(f"{case['provider']}/") if case["model"].startswith(twice) else case["model"]
    try:
        return litellm.get_model_info(model=model, custom_llm_provider=case["provider"])["key"]
    except Exception:  # noqa: BLE001 - it raises bare ones
        return None


def main() -> None:
    for line in sys.stdin:
        case = json.loads(line)
        try:
            with contextlib.redirect_stdout(sys.stderr):  # it prints advice
                cost = _cost(case)
            answer = {"cost": cost, "key": _entry(case)}
        except Exception as error:  # noqa: BLE001 - it raises bare ones
            answer = {"error": f"{type(error).__name__}: {error}"[:200], "key": _entry(case)}
        print(json.dumps(answer))


if __name__ == "__main__":
    main()
