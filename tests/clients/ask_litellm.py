"""What LiteLLM says after it read its map from an address, and what it knew before: runs in an environment of its own.

Lines of JSON in, each a call; one line of JSON out with what was loaded, then one for each call.
"""

from __future__ import annotations

import json
import logging
import sys

import litellm
from litellm.cost_calculator import cost_per_token
from litellm.litellm_core_utils.get_model_cost_map import GetModelCostMap, get_model_cost_map_source_info

logging.disable(logging.CRITICAL)


def _is_price(name: str) -> bool:
    return "cost" in name or "price" in name or "pricing" in name


def _facts(entry: dict) -> dict:
    return {name: value for name, value in entry.items() if not _is_price(name)}


def _cost(call: dict) -> dict:
    usage = litellm.Usage(**call["usage"])
    try:
        parts = cost_per_token(
            model=call["model"],
            custom_llm_provider=call["provider"],
            usage_object=usage,
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            call_type="completion",
        )
    except Exception as error:  # noqa: BLE001 - it raises bare ones
        return {"error": f"{type(error).__name__}: {error}"[:200]}
    return {"cost": sum(parts)}


def main() -> None:
    own, loaded = GetModelCostMap.load_local_model_cost_map(), litellm.model_cost
    own = {name: entry for name, entry in own.items() if isinstance(entry, dict) and "litellm_provider" in entry}
    answer = {
        "source": get_model_cost_map_source_info(),
        "names": len(loaded),
        "lost": sorted(own.keys() - loaded.keys()),
        "changed": sorted(name for name in own.keys() & loaded.keys() if _facts(own[name]) != _facts(loaded[name])),
    }
    print(json.dumps(answer))
    for line in sys.stdin:
        print(json.dumps(_cost(json.loads(line))))


if __name__ == "__main__":
    main()
