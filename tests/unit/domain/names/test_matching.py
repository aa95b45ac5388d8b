"""Names that people send, and the offerings that they mean."""

from time import process_time

import pytest

from llmpricing.domain.names.index import OWN, IndexedOffering, build_index
from llmpricing.domain.names.matching import Ambiguous, Resolution, Unknown, Why, resolve
from llmpricing.domain.observations import ObservedProvider


def sells(provider, *api_ids, by_clause=None):
    """Entries of one provider; ``by_clause`` are clauses by the id they mean."""
    named = dict.fromkeys(api_ids, ()) | (by_clause or {})
    return [IndexedOffering(f"{provider}/{api_id}", provider, api_id, tuple(trees)) for api_id, trees in named.items()]


PROVIDERS = [
    ObservedProvider("openai", "OpenAI", r"https://api\.openai\.com", model_match={"regex": "^(gpt-|o[134])"}),
    ObservedProvider(
        "azure",
        "Azure",
        r"(https?://)?([^.]*\.)?(?:openai\.azure\.com)",
        fallback_providers=("openai", "anthropic"),
    ),
    ObservedProvider("anthropic", "Anthropic", r"https://api\.anthropic\.com", model_match={"contains": "claude"}),
    ObservedProvider(
        "aws",
        "Bedrock",
        r"https://bedrock-runtime\.[a-z0-9-]+\.amazonaws\.com(/|$)",
        provider_match={"or": [{"contains": "bedrock"}, {"contains": "amazon"}]},
    ),
    ObservedProvider(
        "google",
        "Google",
        r"https://(.*\.)?googleapis\.com",
        provider_match={"contains": "vertex"},
        model_match={"contains": "gemini"},
    ),
]
ENTRIES = [
    *sells(
        "openai",
        "gpt-4o",
        "gpt-4o-2024-08-06",
        "gpt-5.2-2025-12-11",
        "ft:gpt-4o-2024-08-06",
        "text-embedding-3-small",
        "chatgpt-4o-latest",
    ),
    *sells("openai", by_clause={"gpt-5-nano": [{"or": [{"equals": "gpt-5-nano"}, {"starts_with": "gpt-5-nano-"}]}]}),
    *sells(
        "openai", by_clause={"gpt-6-sol": [{"or": [{"equals": "gpt-6"}, {"regex": r"^gpt-6-sol-\d{4}-\d{2}-\d{2}$"}]}]}
    ),
    *sells(
        "openai",
        "gpt-3.5-turbo-0125",
        "gpt-3.5-turbo-16k",
        "gpt-4o-mini-2024-07-18.ft-",
        by_clause={
            "ft:gpt-4o-mini": [{"starts_with": "ft:gpt-4o-mini-2024-"}],
            "ft:gpt-3.5-turbo-": [{"starts_with": "ft:gpt-3.5-turbo"}],
            "gpt-4o-mini": [{"or": [{"equals": "gpt-4o-mini"}, {"starts_with": "gpt-4o-mini-2024-07-18"}]}],
        },
    ),
    *sells("azure", "gpt-4o-mini-2024-07-18", "o4-mini", "text-embedding-3-small", "chatgpt-4o-latest"),
    *sells(
        "anthropic",
        "claude-haiku-4-5-20251001",
        by_clause={
            "claude-3-5-sonnet": [{"or": [{"starts_with": "claude-3-5-sonnet"}, {"starts_with": "claude-3.5-sonnet"}]}],
            "claude-opus-4-1": [{"starts_with": "claude-opus-4-1"}],
            "claude-2": [{"starts_with": "claude-2"}],
            "claude-haiku-4-5": [{"starts_with": "claude-haiku-4-5"}],
        },
    ),
    *sells(
        "aws",
        by_clause={
            "regional.anthropic.claude-3-haiku-20240307-v1:0": [{"contains": "claude-3-haiku-20240307"}],
            "amazon.nova-pro-v1:0": [{"contains": "amazon.nova-pro"}],
            "amazon.nova-lite-v1:0": [{"contains": "amazon.nova-lite"}],
            "eu.amazon.nova-lite-v1:0": [],
            "global.anthropic.claude-opus-4": [{"contains": "claude-opus-4"}],
            "meta.llama3-3-70b-instruct-v1:0": [{"contains": "meta.llama3-3-70b-instruct"}],
        },
    ),
    *sells(
        "google",
        "gemini-2.5-pro",
        by_clause={"gemma-3": [{"or": [{"starts_with": "gemma-3-"}, {"equals": "gemma-3"}]}]},
    ),
    *sells(
        "openrouter",
        "google/gemini-2.0-flash-001",
        "gemini-2.0-flash-002",
        "openai/gpt-4o",
        "openai/gpt-4o:extended",
        "meta-llama/llama-3.3-70b:free",
        "openai/gpt-oss-120b",
    ),
    *sells("groq", "openai/gpt-oss-120b", "llama-3.3-70b-versatile", "llama-3.3-70b"),
    *sells("groq", by_clause={"llama-4-scout": [{"regex": "^llama-4(-[a-z]+)*$"}]}),
    *sells("together", "llama-3.3-70b"),
    *sells("x-ai", "grok-4"),
]
ALIASES = [
    (OWN, "our-chat", "azure/o4-mini"),
    ("litellm", "gemini/gemini-2.5-pro-exp", "google/gemini-2.5-pro"),
    ("litellm", "two-faced", "x-ai/grok-4"),
    ("models-dev", "two-faced", "openai/gpt-4o"),
]


@pytest.fixture(scope="module")
def catalogue():
    return build_index(ENTRIES, PROVIDERS, ALIASES)


@pytest.mark.parametrize(
    ("name", "provider", "slug", "rule"),
    [
        ("openai/gpt-4o", None, "openai/gpt-4o", "id"),
        (" OpenAI/GPT-4o ", None, "openai/gpt-4o", "id"),
        ("gpt-4o", "openai", "openai/gpt-4o", "id"),
        ("openai/gpt-4o", "openai", "openai/gpt-4o", "id"),
        ("openai/gpt-4o", "openrouter", "openrouter/openai/gpt-4o", "id"),
        ("our-chat", None, "azure/o4-mini", "own alias"),
        ("gemini/gemini-2.5-pro-exp", None, "google/gemini-2.5-pro", "source alias"),
        ("two-faced", "x-ai", "x-ai/grok-4", "source alias"),
        ("xai/grok-4", None, "x-ai/grok-4", "model id"),
        ("grok-4", "xai", "x-ai/grok-4", "id"),
        ("openai:gpt-4o", None, "openai/gpt-4o", "model id"),
        ("gpt-4o", "https://api.openai.com/v1/chat/completions", "openai/gpt-4o", "id"),
        ("gpt-4o", "api.openai.com", "openai/gpt-4o", "id"),
        ("o4-mini", "myteam.openai.azure.com", "azure/o4-mini", "id"),
        ("azure/gpt-4o-2024-08-06", None, "openai/gpt-4o-2024-08-06", "fallback"),
        ("gpt-6", None, "openai/gpt-6-sol", "clause"),
        ("claude-3.5-sonnet", None, "anthropic/claude-3-5-sonnet", "clause"),
        ("claude-3-5-sonnet-latest", None, "anthropic/claude-3-5-sonnet", "clause"),
        ("anthropic/claude-3-5-sonnet", None, "anthropic/claude-3-5-sonnet", "id"),
        ("llama-3.3-70b-versatile", None, "groq/llama-3.3-70b-versatile", "only seller"),
        ("gemini-2.5-pro", "vertex_ai", "google/gemini-2.5-pro", "fallback"),
        ("models/gemini-2.5-pro", None, "google/gemini-2.5-pro", "model id"),
    ],
)
def test_a_name_means_one_offering_by_a_rule_that_is_told(catalogue, name, provider, slug, rule):
    found = resolve(catalogue, name, provider)
    assert isinstance(found, Resolution)
    assert (found.slug, found.rule) == (slug, rule)


@pytest.mark.parametrize(
    ("name", "slug", "region"),
    [
        (
            "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-3-haiku-20240307-v1:0",
            "aws/regional.anthropic.claude-3-haiku-20240307-v1:0",
            "us-east-1",
        ),
        ("arn:aws:bedrock:eu-west-3::foundation-model/amazon.nova-pro-v1:0", "aws/amazon.nova-pro-v1:0", "eu-west-3"),
        (
            "bedrock/arn:aws:bedrock:eu-west-3::foundation-model/amazon.nova-pro-v1:0",
            "aws/amazon.nova-pro-v1:0",
            "eu-west-3",
        ),
        ("bedrock/us-gov-west-1/amazon.nova-pro-v1:0", "aws/amazon.nova-pro-v1:0", "us-gov-west-1"),
        ("bedrock/converse/us.amazon.nova-pro-v1:0", "aws/amazon.nova-pro-v1:0", ""),
        ("azure/eu/o4-mini", "azure/o4-mini", "eu"),
        (
            "projects/p/locations/us-central1/publishers/google/models/gemini-2.5-pro",
            "google/gemini-2.5-pro",
            "us-central1",
        ),
        ("publishers/google/models/gemini-2.5-pro@default", "google/gemini-2.5-pro", ""),
    ],
)
def test_paths_of_the_clouds_are_unpacked(catalogue, name, slug, region):
    found = resolve(catalogue, name)
    assert isinstance(found, Resolution)
    assert (found.slug, found.region) == (slug, region)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("us.anthropic.claude-3-haiku-20240307-v1:0", "aws/regional.anthropic.claude-3-haiku-20240307-v1:0"),
        ("anthropic.claude-3-haiku-20240307-v1:0", "aws/regional.anthropic.claude-3-haiku-20240307-v1:0"),
        ("us.meta.llama3-3-70b-instruct-v1:0", "aws/meta.llama3-3-70b-instruct-v1:0"),
        ("us-gov.amazon.nova-pro-v1:0", "aws/amazon.nova-pro-v1:0"),
    ],
)
def test_bedrocks_own_names_need_no_seller(catalogue, name, slug):
    assert resolve(catalogue, name).slug == slug


@pytest.mark.parametrize(
    ("name", "slug", "detail"),
    [
        ("gpt-5.2-20251211", "openai/gpt-5.2-2025-12-11", "read as gpt-5.2-2025-12-11"),
        ("claude-4.5-haiku-20251001", "anthropic/claude-haiku-4-5-20251001", "read as claude-haiku-4-5-20251001"),
        ("claude-haiku-4-5-2025-10-01", "anthropic/claude-haiku-4-5-20251001", "read as claude-haiku-4-5-20251001"),
        ("grok-4-latest", "x-ai/grok-4", "without -latest"),
        ("ft:gpt-4o-2024-08-06:acme::AbC1d2E3", "openai/ft:gpt-4o-2024-08-06", "without the fine-tune's own name"),
        ("openrouter/openai/gpt-4o:nitro", "openrouter/openai/gpt-4o", "without its routing suffix"),
    ],
)
def test_other_spellings_are_read_and_told(catalogue, name, slug, detail):
    name, provider = (name, "openai") if name.startswith(("gpt", "ft")) else (name, None)
    found = resolve(catalogue, name, provider)
    assert isinstance(found, Resolution)
    assert (found.slug, found.detail) == (slug, detail)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("openai/ft:gpt-4o-mini-2024-07-18:acme::abc", "openai/ft:gpt-4o-mini"),
        ("ft:gpt-4o-mini-2024-07-18:acme:shop:abc", "openai/ft:gpt-4o-mini"),
        ("ft:gpt-4o-mini-2024-07-18", "openai/ft:gpt-4o-mini"),
        ("ft:gpt-3.5-turbo-0125:org::id", "openai/ft:gpt-3.5-turbo-"),
        ("azure/ft:gpt-3.5-turbo-0125", "openai/ft:gpt-3.5-turbo-"),
        ("openai/gpt-4o-mini-2024-07-18.ft-0e208cf33a6a466994aff31a08aba678", "openai/gpt-4o-mini-2024-07-18.ft-"),
    ],
)
def test_a_fine_tune_is_that_of_the_model_it_was_made_from(catalogue, name, slug):
    assert resolve(catalogue, name).slug == slug


@pytest.mark.parametrize(
    "name",
    [
        "ft:gpt-4o:acme::abc",
        "ft:gpt-4o-mini-2024-07-19:acme::abc",
        "ft:gpt-4o-mini-high-2024-07-18",
        "ft:gpt-3.5-turbo-0126",
        "ft:gpt-3.5-turbo-16k:acme::abc",
        "openai/ft:o4-mini-2025-04-16",
        "gpt-4o.ft-0e208cf33a6a466994aff31a08aba678",
    ],
)
def test_a_fine_tune_is_never_the_model_it_was_made_from_nor_that_of_another(catalogue, name):
    assert isinstance(resolve(catalogue, name), Unknown)


@pytest.mark.parametrize(
    "name",
    [
        "openrouter/openai/gpt-4o:free",
        "openrouter/openai/gpt-4o:batch",
        "openai/gpt-5-nano:nitro",
        "claude-haiku-4-5@20251001",
        "openrouter/meta-llama/llama-3.3-70b",
        "gpt-4o-2024-08-07",
        "gpt-4o-2024-13-99",
        "gpt-4o-nano",
        "claude-opus-4-10",
        "claude-opus-4-2",
        "claude-haiku-4-5-20251002",
        "anthropic/claude-20250101",
        "groq/llama-4",
        "groq/llama-4-maverick",
        "ft:gpt-3.5-turbo-20240229",
        "claude-3-5-sonnet-mini",
        "gpt-6-sol-2026-49-22",
        "gpt-5-nano-high",
        "google/gemma-3-27b-it",
        "aws/amazon.nova-pro-v1:0:300k",
        "amazon.nova-pro-v2:0",
        "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3d4e5f6",
        "",
        "x" * 401,
    ],
)
def test_no_name_is_taken_for_another_version_date_size_or_tier(catalogue, name):
    assert isinstance(resolve(catalogue, name), Unknown)


def test_a_date_may_follow_a_name_of_which_no_dated_offering_is_known(catalogue):
    """anthropic's clause says that dated names of claude-3-5-sonnet cost the same; nobody lists one apart."""
    assert resolve(catalogue, "claude-3-5-sonnet-20241022").slug == "anthropic/claude-3-5-sonnet"
    assert resolve(catalogue, "gpt-6-sol-2026-09-22").slug == "openai/gpt-6-sol"


def test_a_date_must_be_true_where_any_seller_lists_dates_of_the_model():
    elsewhere = sells("groq", "claude-3-5-sonnet-20241022")
    catalogue = build_index([*ENTRIES, *elsewhere], PROVIDERS)
    assert resolve(catalogue, "anthropic/claude-3-5-sonnet-20241022").slug == "anthropic/claude-3-5-sonnet"
    assert isinstance(resolve(catalogue, "anthropic/claude-3-5-sonnet-20241023"), Unknown)


@pytest.mark.parametrize("name", ["gpt-4o", "text-embedding-3-small", "chatgpt-4o-latest", "Text-Embedding-3-Small"])
def test_a_bare_name_is_the_labs_own_offering_where_the_name_is_the_labs(catalogue, name):
    found = resolve(catalogue, name)
    assert (found.slug, found.rule) == (f"openai/{name.lower()}", "model id")


def test_a_name_that_several_sellers_bear_is_refused_with_its_candidates(catalogue):
    assert resolve(catalogue, "openai/gpt-oss-120b") == Ambiguous(
        ("openrouter/openai/gpt-oss-120b", "groq/openai/gpt-oss-120b")
    )
    assert resolve(catalogue, "llama-3.3-70b") == Ambiguous(("groq/llama-3.3-70b", "together/llama-3.3-70b"))
    assert resolve(catalogue, "two-faced") == Ambiguous(("x-ai/grok-4", "openai/gpt-4o"))


@pytest.mark.parametrize("name", ["google/gemini-2.0-flash-001", "gemini/gemini-2.0-flash-001", "gemini-2.0-flash-002"])
def test_the_name_of_one_seller_is_not_that_of_the_only_other_one(catalogue, name):
    found = resolve(catalogue, name)
    assert isinstance(found, Unknown)
    assert f"openrouter/{name}".replace("gemini/", "google/") in found.suggestions


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("aws/eu.amazon.nova-lite", "aws/eu.amazon.nova-lite-v1:0"),
        ("eu.amazon.nova-lite", "aws/eu.amazon.nova-lite-v1:0"),
        ("aws/us.amazon.nova-lite", "aws/amazon.nova-lite-v1:0"),
        ("aws/amazon.nova-lite", "aws/amazon.nova-lite-v1:0"),
    ],
)
def test_a_place_in_a_name_is_kept_where_the_seller_lists_it_apart(catalogue, name, slug):
    assert resolve(catalogue, name).slug == slug


def test_a_place_is_never_taken_for_another(catalogue):
    assert resolve(catalogue, "aws/anthropic.claude-opus-4").slug == "aws/global.anthropic.claude-opus-4"
    assert isinstance(resolve(catalogue, "aws/eu.anthropic.claude-opus-4"), Unknown)


def test_an_unknown_name_comes_with_the_ids_most_like_it(catalogue):
    found = resolve(catalogue, "claude-opus-4-9")
    assert isinstance(found, Unknown)
    assert found.suggestions[0] == "anthropic/claude-opus-4-1"


def test_an_unknown_provider_makes_the_name_unknown(catalogue):
    assert resolve(catalogue, "gpt-4o", "nobody") == Unknown((), Why.NO_SUCH_SELLER)
    assert resolve(catalogue, "gpt-4o", "n" * 401) == Unknown((), Why.NO_SUCH_SELLER)
    found = resolve(catalogue, "gpt-4o", "x-ai")
    assert isinstance(found, Unknown)
    assert found.why is Why.NOT_SOLD


def test_an_id_in_other_case_is_refused_where_two_offerings_differ_by_case_only():
    catalogue = build_index(sells("groq", "Llama-3", "llama-3"), [])
    assert resolve(catalogue, "groq/Llama-3").slug == "groq/Llama-3"
    assert isinstance(resolve(catalogue, "groq/LLAMA-3"), Ambiguous)


def test_a_broken_clause_or_pattern_is_left_out_and_told_and_the_rest_goes_on():
    nested = {"equals": "a"}
    for _ in range(30):
        nested = {"or": [nested]}
    broken = [{"regex": "("}, {"or": []}, nested, {"matches": "a"}, {"regex": r"(a)\1"}]
    entries = [
        IndexedOffering("groq/a", "groq", "a", (*broken, {"starts_with": "also-a"})),
        IndexedOffering("groq/b", "groq", "b"),
    ]
    providers = [
        ObservedProvider("groq", "Groq", "(", provider_match={"or": []}, model_match={"regex": "["}),
        ObservedProvider("x-ai", "xAI", r"https://api\.x\.ai"),
    ]
    catalogue = build_index(entries, providers)
    assert resolve(catalogue, "b", "groq").slug == "groq/b"
    assert resolve(catalogue, "also-a", "groq").slug == "groq/a"
    assert catalogue.hint("api.x.ai").surfaces == ("x-ai",)
    assert [problem.partition(":")[0] for problem in catalogue.problems] == [
        *["match clause of groq/a"] * 5,
        "API pattern of groq",
        *["match clause of groq"] * 2,
    ]
    assert "at most 20 levels" in catalogue.problems[2]


def test_a_hostile_seller_or_name_costs_next_to_nothing():
    """A backtracking engine takes seconds for each of these; RE2 needs time in proportion to the text."""
    evil = r"https://(([a-z.])+)+\.evil\.example$"
    sellers = [ObservedProvider("evil", "Evil", evil, model_match={"regex": "^(([a-z])+)+$"})]
    catalogue = build_index(sells("evil", by_clause={"a": [{"regex": "^(a|aa)+$"}]}), sellers)
    start = process_time()
    assert isinstance(resolve(catalogue, "a" * 30 + "!", "a." * 13), Unknown)
    assert isinstance(resolve(catalogue, "a" * 30 + "!", "evil"), Unknown)
    assert isinstance(resolve(catalogue, "a" * 30 + "!"), Unknown)
    assert process_time() - start < 0.2
