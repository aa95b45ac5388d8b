"""The columns of tools' tables that readers know, by shape: as the tool itself writes them, first what it writes today.

Shapes of objects within objects have none: a database keeps those as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple

from llmpricing.domain.meters import METERS
from llmpricing.services.usage_log.columns import ALSO_CALLED
from llmpricing.services.usage_log.formats import aws_bill
from llmpricing.services.usage_log.formats.span_names import (
    AI_SDK_NAMES,
    CALLS,
    COST,
    OPENINFERENCE,
    OTEL,
    OTEL_HARMLESS,
    PARENT,
    SERVED,
    SESSION,
    SPAN_ID,
    SPAN_NAME,
    STARTED,
    TRACE,
    USAGE,
)


def _words(text: str) -> list[str]:
    return text.split()


def _bill(columns: aws_bill.BillColumns) -> list[str]:
    named = (name for one in astuple(columns) for name in ((one,) if isinstance(one, str) else one) if name)
    return [*named, "product"]


_SPANS = (
    *(*STARTED, *TRACE, *SPAN_ID, *SPAN_NAME, *PARENT, *SESSION, *SERVED, *COST),
    *(USAGE + name for names in OTEL.values() for name in names),
    *OTEL_HARMLESS,
    *_words(f"{USAGE}total_tokens llm.usage.total_tokens gen_ai.operation.name llm.request.type"),
    *_words("gen_ai.response.model gen_ai.request.model gen_ai.provider.name gen_ai.system gen_ai.inference_geo"),
    *_words("openai.request.service_tier gen_ai.openai.request.service_tier service.name error.type"),
    *_words("kind status status.code status_code StatusCode attributes span_attributes SpanAttributes"),
    *(CALLS + name for name in OPENINFERENCE.values()),
    *_words(f"{CALLS}total {CALLS}prompt_details.cache_input openinference.span.kind llm.model_name"),
    *_words("embedding.model_name llm.provider llm.system"),
    *(name for names in AI_SDK_NAMES.values() for name in names),
    *_words("ai.operationId ai.model.id ai.model.provider ai.response.model ai.usage.totalTokens"),
    *_words("ai.response.providerMetadata"),
    *_words("ai.usage.inputTokenDetails.noCacheTokens ai.usage.outputTokenDetails.textTokens"),
)
_GENERATIONS = _words(
    """
    id model model_permaslug created_at total_cost usage is_byok app_id provider_name num_search_results data_region
    service_tier tokens_prompt tokens_completion native_tokens_prompt native_tokens_completion native_tokens_cached
    native_tokens_cache_creation native_tokens_cache_write native_tokens_reasoning native_tokens_completion_images
    upstream_id
        """
)
QUOTE_TABLE = "quote-table"
CHARGED = ("charged", "cost", "cost_usd", "spend")  # of a table of one's own
COLUMNS: Mapping[str, Sequence[str]] = {
    QUOTE_TABLE: [
        *_words("model at provider service_tier region currency request_id"),
        *CHARGED,
        *METERS,
        *ALSO_CALLED,
    ],
    "litellm-spend-logs": _words(
        """
        request_id call_type api_key spend startTime start_time starttime model model_group custom_llm_provider user
        end_user team_id organization_id session_id metadata cache_hit status prompt_tokens completion_tokens
        total_tokens
        """
    ),
    "litellm-ui-usage": [
        *("Date", "Team", "Team ID", "Key", "Key Alias", "Model", "Spend", "Requests", "Successful", "Failed"),
        *("Total Tokens", "Prompt Tokens", "Completion Tokens"),
        *("Cache Read Input Tokens", "Cache Creation Input Tokens"),
    ],
    "openai-dashboard": _words(
        """
        start_time end_time start_time_iso end_time_iso project_id project_name num_model_requests user_id user_email
        api_key_id api_key_name model batch service_tier input_tokens output_tokens input_cached_tokens
        input_cache_write_tokens input_uncached_tokens input_audio_tokens input_image_tokens input_text_tokens
        input_cached_text_tokens input_cached_audio_tokens input_cached_image_tokens output_audio_tokens
        output_image_tokens output_text_tokens output_reasoning_tokens
        """
    ),
    "openai-costs": _words(
        """
        start_time end_time start_time_iso end_time_iso amount_value amount_currency line_item quantity project_id
        project_name organization_id organization_name api_key_id amount
        """
    ),
    "anthropic-console-usage": _words(
        """
        usage_date_utc model_version model api_key workspace usage_type context_window usage_input_tokens_no_cache
        usage_input_tokens_cache_write_5m usage_input_tokens_cache_write_1h usage_input_tokens_cache_read
        usage_output_tokens web_search_count inference_geo speed service_tier
        """
    ),
    "anthropic-console-cost": _words("usage_date_utc model workspace api_key cost_usd token_type cost_type"),
    "otel-spans": _SPANS,
    "openinference": _SPANS,
    "vercel-ai-sdk": _SPANS,
    "langfuse": _words(
        """
        id type name startTime start_time model providedModelName provided_model_name internalModel usageDetails
        usage_details usage unit calculatedTotalCost calculated_total_cost totalCost total_cost level environment
        traceId trace_id userId user_id sessionId session_id parentObservationId parent_observation_id inputTokens
        input_tokens promptTokens outputTokens output_tokens completionTokens totalTokens total_tokens inputUsage
        outputUsage totalUsage
        """
    ),
    "langsmith": _words(
        """
        id trace_id parent_run_id parent_run_ids dotted_order child_runs name run_type start_time status error
        session_name session_id total_tokens prompt_tokens completion_tokens prompt_token_details prompt_tokens_details
        usage_metadata outputs
        completion_token_details completion_tokens_details total_cost extra
        """
    ),
    "helicone": _words(
        """
        request_id request_created_at model provider status user_id cost cost_usd cache_reference_id total_tokens
        prompt_tokens completion_tokens prompt_cache_read_tokens prompt_cache_write_tokens prompt_cache_write_5m
        prompt_cache_write_1h prompt_audio_tokens completion_audio_tokens
        """
    ),
    "openrouter-activity": _words(
        """
        generation_id created_at cost_total cost_web_search cost_file_processing byok_usage_inference tokens_prompt
        tokens_completion tokens_reasoning tokens_cached model_permaslug model variant user app_name api_key_name
        """
    ),
    "openrouter-days": _words(
        """
        date model model_permaslug endpoint_id provider_name usage byok_usage_inference requests prompt_tokens
        completion_tokens reasoning_tokens
        """
    ),
    "openrouter-generations": _GENERATIONS,
    "vercel-gateway-generations": _GENERATIONS,
    "vercel-gateway-report": _words(
        """
        day date hour model provider user tag credential_type request_count input_tokens output_tokens reasoning_tokens
        cached_input_tokens cache_creation_input_tokens total_cost market_cost
        """
    ),
    "portkey": _words(
        """
        id created_at time_of_generation trace_id ai_org provider ai_model api_key virtual_key cost cost_currency
        req_units res_units total_units cache_status is_success response_status_code response request
        """
    ),
    "cloudflare-ai-gateway": _words(
        """
        id created_at provider model path gateway gateway_id tokens_in tokens_out cost cached success status_code
        """
    ),
    "bedrock-invocation-log": _words(
        """
        schemaType timestamp accountId identity region requestId operation modelId input output errorCode serviceTier
        inferenceRegion
        """
    ),
    "github-copilot-premium": _words(
        """
        date username product sku model quantity unit_type net_amount exceeds_quota organization cost_center_name
        """
    ),
    "aws-cur": _bill(aws_bill.CUR),
    "aws-cur-legacy": _bill(aws_bill.OLD_CUR),
    "aws-focus": _bill(aws_bill.FOCUS),
    "azure-cost": _words(
        """
        date Date chargeType costInBillingCurrency billingCurrency BillingCurrencyCode billingCurrencyCode costInUsd
        pricingCurrency pricingCurrencyCode exchangeRate exchangeRatePricingToBilling meterName meterCategory
        meterSubCategory quantity unitOfMeasure resourceId resourceGroupName ResourceGroup resourceLocation
        subscriptionName
        """
    ),
    "azure-focus": _words(
        """
        BilledCost BillingCurrency ChargeCategory ChargeClass ChargePeriodStart ChargePeriodEnd ConsumedQuantity
        PricingQuantity PricingUnit RegionId RegionName ResourceId ServiceName SkuMeter SubAccountName
        x_BilledCostInUsd x_BillingExchangeRate x_PricingBlockSize x_PricingCurrency x_PricingUnitDescription
        x_ResourceGroupName x_SkuMeterCategory x_SkuMeterName x_SkuMeterSubcategory
        """
    ),
    "gcp-billing": _words(
        """
        billing_account_id service sku sku.description service.description usage usage.amount usage_start_time
        usage_end_time project project.id location location.region cost currency currency_conversion_rate cost_type
        credits
        """
    ),
}
