"""True models by the ids that public lists hold: each block is one model, and no two blocks are the same one.

A line is an id, where it matters with what it asks (input/output in USD per million tokens) and the name a list gives.
"""

from __future__ import annotations

TRUE_MODELS = """
anthropic/claude-opus-4-0 15/75
anthropic/claude-opus-4-20250514 15/75
aws/us.anthropic.claude-opus-4-20250514-v1:0 15/75
databricks/databricks-claude-opus-4 15.00002/75.0001
deepinfra/anthropic/claude-4-opus 16.5/82.5

anthropic/claude-opus-4-1 15/75
anthropic/claude-opus-4-1-20250805 15/75
openrouter/anthropic/claude-opus-4.1:batch 7.5/37.5

anthropic/claude-haiku-5-5 0.1/0.5
aws/claude_platform/claude-haiku-5-5 0.1/0.5
aws/regional.anthropic.claude-haiku-5-5 0.11/0.55
github-copilot/claude-haiku-5.5 0.1/0.5
openrouter/anthropic/claude-haiku-5.5 0.1/0.5
openrouter/~anthropic/claude-haiku-latest 0.1/0.5 Anthropic Claude Haiku Latest

anthropic/claude-haiku-4-5-20251001 1/5
aws/anthropic.claude-haiku-4-5@20251001 1/5
openrouter/anthropic/claude-haiku-4.5 1/5

openrouter/anthropic/claude-opus-4.6-fast 30/150 Claude Opus 4.6 (Fast)

anthropic/claude-opus-4-6 5/25
openrouter/anthropic/claude-opus-4.6 5/25

deepseek/deepseek-flash 0.15/0.6 DeepSeek V4.1 Flash
inferenceapis/deepseek-flash 0.4/1.6 deepseek-flash
quicksilverpro/deepseek-v4.1-flash 0.12/0.48
azure-ai/FW-DeepSeek-V4.1-Flash 0.375/1.5
databricks/databricks-deepseek-v4-1-flash 0.3/1.2
fireworks/deepseek-v4p1-flash 0.3/1.2
fireworks/deepseek-v4p1-flash-us 0.45/1.8
fireworks/accounts/fireworks/models/deepseek-v4p1-flash 0.3/1.2
fireworks/accounts/fireworks/routers/deepseek-v4p1-flash-us 0.45/1.8
fireworks/accounts/fireworks/routers/deepseek-v4p1-flash-spot 0.21/0.84
google-vertex/deepseek-ai/deepseek-v4.1-flash-maas 0.3/1.2

fireworks/deepseek-v4p1-flash-1017 0.3/1.2
databricks/databricks-deepseek-v4-1-flash-1017 0.3/1.2
openrouter/deepseek/deepseek-v4.1-flash-1017:batch 0.011/0.2

refuseless/deepseek-v4.1-flash-abliterated 0.14/0.5

deepseek/deepseek-v4-flash 0.15/0.6
fireworks/accounts/fireworks/routers/spot-deepseek-v4-flash 0.105/0.2

databricks/system.ai.deepseek-v4-flash-0731
baseten/deepseek-ai/DeepSeek-V4-Flash-0731 0.13/0.26

deepseek/deepseek-v4-flash-vision-exp 0.15/0.6

deepinfra/deepseek-ai/DeepSeek-V3.2 0.26/0.38
aws/us.deepseek.v3.2 0.62/1.85
azure-ai/FW-DeepSeek-V3.2 0.62/1.85

novita/deepseek/deepseek-v3.2-exp 0.27/0.41

azure-ai/deepseek-v3.2-speciale 0.58/1.68

deepseek/deepseek-r1 0.55/2.19
aws/us.deepseek.r1-v1:0 1.35/5.4
novita/deepseek/deepseek-r1 4/4

novita/deepseek/deepseek-r1-turbo 0.7/2.5

novita/deepseek/deepseek-r1-0528 0.7/2.5

openrouter/deepseek/deepseek-r1-distill-qwen-7b 0.1/0.2

openrouter/deepseek/deepseek-r1-distill-qwen-14b 0.15/0.15
openrouter/deepseek-r1-distill-qwen-14b:free

zai/glm-5.3 1.4/4.4
zai/GLM-5.3 1.4/4.4
aihubmix/coding-glm-5.3 0.06/0.22
azure-ai/FW-GLM-5.3 1.75/5.5
coralbricks/glm-5.3-fp4 1.12/4.4
fireworks/glm-5p3 1.4/4.4
mistral/zai-glm-5.3 1.4/4.4
mistral/zai-glm-latest 1.4/4.4

zai/glm-5.3-flash 0.15/0.5
modal/nvidia/GLM-5.3-Flash-NVFP4 0.15/0.5
azure-ai/FW-GLM-5.3-Flash 0.188/0.625

refuseless/glm-5.3-flash-abliterated 0.2/0.6

zai/glm-5.1 1.4/4.4
aihubmix/cc-glm-5.1 0.06/0.22
doubleword/zai-org/GLM-5.1-FP8 1.4/4.4

baseten/zai-org/GLM-5.2-Fast 2.1/6.6
azure-ai/FW-GLM-5.2-Fast 2.31/7.26
fireworks/accounts/fireworks/routers/glm-5p2-fast-us 2.1/6.6

zai/GLM-4.5-Air 0.2/1.1
together/zai-org/GLM-4.5-Air-FP8 0.2/1.1

zai/GLM-4.5-AirX 1.1/4.5

moonshotai/kimi-k3 3/15
aihubmix/coding-kimi-k3 0.44/1.61333
azure-ai/FW-Kimi-K3 3/15
databricks/system.ai.kimi-k3
fireworks/accounts/fireworks/routers/kimi-k3-spot 2.1/10.5

moonshotai/kimi-k2.5 0.6/3
together/moonshotai/Kimi-K2.5-fp4 0.5/2.8

moonshotai/kimi-k2-thinking 0.6/2.5
aws/moonshot.kimi-k2-thinking 0.6/2.5

moonshotai/kimi-k2-thinking-turbo 1.15/8

xiaomi/mimo-v2.5 0.1/0.2
aihubmix/coding-xiaomi-mimo-v2.5 0.08/0.16

xiaomi/mimo-v2.5-pro 0.4/0.8
aihubmix/coding-xiaomi-mimo-v2.5-pro 0.2/0.4

openai/gpt-4o 2.5/10
openai/gpt-4o-2024-08-06 2.5/10
azure/gpt-4o 2.5/10

openai/gpt-4o-2024-05-13 5/15
azure/gpt-4o-2024-05-13 5/15

openai/gpt-4o-mini 0.15/0.6
azure/gpt-4o-mini-2024-07-18 0.15/0.6

openai/ft:gpt-4o-mini 0.3/1.2
openai/ft:gpt-4o-mini-2024-07-18 0.3/1.2

openai/gpt-5.4-mini 0.75/4.5
openrouter/openai/gpt-5.4-mini 0.75/4.5
openrouter/~openai/gpt-mini-latest 0.75/4.5 OpenAI GPT Mini Latest

openai/gpt-5.5 5/30
openrouter/openai/gpt-5.5 5/30
openrouter/~openai/gpt-latest 5/30 OpenAI GPT Latest

openai/gpt-5.6 4/20
azure/gpt-5.6 4/20

openrouter/openai/gpt-chat-latest 5/30 GPT Chat Latest
azure/gpt-chat-latest 5/30

openai/gpt-5.3-chat-latest 1.75/14
azure/gpt-5.3-chat 1.75/14

aihubmix/gpt-5.4-high 2.5/15

openai/gpt-oss-120b 0.039/0.18
azure-ai/FW-GPT-OSS-120B 0.165/0.66
ollama/gpt-oss:120b-cloud
lemonade/gpt-oss-120b-mxfp-GGUF

openai/gpt-oss-20b 0.03/0.14
ollama/gpt-oss:20b-cloud

openai/text-embedding-3-small 0.02/
github-copilot/text-embedding-3-small-inference

openai/text-embedding-3-large 0.13/

google-vertex/text-embedding-004 0.1/

google-vertex/text-embedding-005 0.1/
vercel/google/text-embedding-005 0.025/

openai/davinci 20/20

openai/davinci-002 2/2

google/gemini-3.8-flash 0.75/3.75
google/gemini-flash-latest 0.75/3.75 Gemini Flash Latest
openrouter/google/gemini-3.8-flash 0.75/3.75
openrouter/~google/gemini-flash-latest 0.75/3.75 Google Gemini Flash Latest

google/gemini-3.7-flash 0.75/3.75
openrouter/google/gemini-3.7-flash 0.75/3.75

google/gemini-3.5-flash-lite 0.3/2.5
google/gemini-flash-lite-latest 0.3/2.5 Gemini Flash-Lite Latest

google/gemini-1.5-flash 0.075/0.3
openrouter/google/gemini-flash-1.5 0.075/0.3

google/gemini-1.5-flash-8b 0.0375/0.15
openrouter/google/gemini-flash-1.5-8b 0.0375/0.15

google/gemini-2.0-flash 0.1/0.4
openrouter/google/gemini-2.0-flash-001 0.1/0.4

google/gemma-4-31b-it 0.14/0.4
cerebras/gemma-4-31b 0.99/1.5
bedrock-mantle/google.gemma-4-31b 0.14/0.4
sail/nvidia/Gemma-4-31B-IT-NVFP4 0.14/0.4

groq/gemma-7b-it 0.07/0.07

together/google/gemma-7b 0.2/0.2
fireworks/accounts/fireworks/models/gemma-7b 0.2/0.2

aws/meta.llama3-1-8b-instruct-v1:0 0.22/0.22
cerebras/llama3.1-8b 0.1/0.1
databricks/databricks-meta-llama-3-1-8b-instruct 0.15/0.45
groq/llama-3.1-8b-instant 0.05/0.08
cloudflare/@cf/meta/llama-3.1-8b-instruct-fp8 0.152/0.287
novita/meta-llama/llama-3.1-8b-instruct-bf16 0.06/0.06
vercel/meta/llama-3.1-8b 0.05/0.08

together/meta-llama/Meta-Llama-3.1-8B 0.2/0.2

deepinfra/meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo 0.02/0.04

groq/llama-3.3-70b-versatile 0.59/0.79
lambda-ai/llama3.3-70b-instruct-fp8 0.12/0.3
snowflake/snowflake-llama-3.3-70b 0.72/0.72

deepinfra/nvidia/Llama-3.1-Nemotron-70B-Instruct 0.6/0.6
together/nvidia/Llama-3.1-Nemotron-70B-Instruct-HF 0.9/0.9

openrouter/meta-llama/llama-2-13b-chat 0.22/0.22
together/meta-llama/Llama-2-13b-chat-hf 0.22/0.22

fireworks/accounts/fireworks/models/llama-v2-13b 0.2/0.2

openrouter/nvidia/nemotron-nano-9b-v2 0.04/0.16
aws/nvidia.nemotron-nano-9b-v2:0 0.06/0.23
together/nvidia/NVIDIA-Nemotron-Nano-9B-v2 0.06/0.25

alibaba/qwen3-14b 0.35/1.4
doubleword/Qwen/Qwen3-14B-FP8 0.05/0.2
vercel/alibaba/qwen-3-14b 0.08/0.24

wandb/OpenPipe/Qwen3-14B-Instruct 0.05/0.22

alibaba/qwen3-235b-a22b-instruct-2507 0.23/0.92
aws/qwen.qwen3-235b-a22b-2507-v1:0 0.22/0.88 Qwen3 235B A22B Instruct 2507
openrouter/qwen/qwen3-235b-a22b-2507 0.09/0.1 Qwen3 235B A22B Instruct 2507

alibaba/qwen3-235b-a22b-thinking-2507 0.23/2.3

alibaba/qwen3-235b-a22b 0.7/2.8
novita/qwen/qwen3-235b-a22b-fp8 0.2/0.8

alibaba/qwen3-coder-30b-a3b-instruct 0.45/2.25
aws/qwen.qwen3-coder-30b-a3b-v1:0 0.15/0.6 Qwen3-Coder-30B-A3B-Instruct

alibaba/qwen2-5-72b-instruct 1.4/5.6
openrouter/qwen/qwen-2.5-72b-instruct 0.36/0.4

fireworks/accounts/fireworks/models/qwen2p5-72b 0.9/0.9

alibaba/qwen3-32b 0.7/2.8
gradient-ai/alibaba-qwen3-32b 0.25/0.55
lambda-ai/qwen3-32b-fp8 0.05/0.1

cohere/embed-english-v3.0 0.1/
aws/cohere.embed-english-v3 0.1/

mistral/mistral-medium-2604 1.5/7.5 Mistral Medium 3.5
mistral/mistral-medium-latest 1.5/7.5 Mistral Medium Latest
mistral/mistral-medium-3-5 1.5/7.5 Mistral Medium 3.5

mistral/mistral-medium-2505 0.4/2 Mistral Medium 3
mistral/mistral-medium-3 0.4/2

mistral/mistral-large-4 2/6
openrouter/mistralai/mistral-large-4-0 2/6

azure/mistral-large-2402 8/24
azure/mistral-large-latest 8/24 mistral-large-latest

azure-ai/mistral-large-2407 2/6
azure-ai/mistral-large-latest 2/6 mistral-large-latest

thinkingmachines/inkling 1.87/4.68
azure-ai/FW-Inkling 1.1/4.46
databricks/databricks-inkling 1/4.05
modal/thinkingmachines/Inkling-NVFP4 1.2/5

arcee/thinkingmachines/inkling-small 0.5/1.2

openrouter/~moonshotai/kimi-latest 0.239/11.936 MoonshotAI Kimi Latest

xai/grok-4-fast 0.2/0.5

xai/grok-4 3/15

flare/text-to-image

sunburst/text-to-image
"""
