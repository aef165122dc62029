// Chat templates by name, for models whose file has none or a wrong one. Each is what its makers document; where a
// family has no system turn, the system's words come before the first user's.
const systemFirst = `{%- if messages[0].role == 'system' -%}{%- set system = messages[0].content -%}{%- set turns = messages[1:] -%}
{%- else -%}{%- set system = '' -%}{%- set turns = messages -%}{%- endif -%}`;

/** The words of the system before the first turn, with a blank line between them. */
const withSystem = `((system + '\\n\\n') if loop.first and system else '') + message.content`;

const templates: Readonly<Record<string, string>> = {
  // https://github.com/openai/openai-python/blob/release-v0.28.1/chatml.md; Qwen, SmolLM, Yi, Hermes and many others
  chatml: `{%- for message in messages -%}
{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}`,
  // https://github.com/meta-llama/llama-models/blob/main/models/llama3/prompt_format.md
  llama3: `{{- bos_token -}}{%- for message in messages -%}
{{- '<|start_header_id|>' + message.role + '<|end_header_id|>\\n\\n' + message.content | trim + '<|eot_id|>' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' -}}{%- endif -%}`,
  // https://github.com/meta-llama/llama/blob/main/llama/generation.py
  llama2: `${systemFirst}{%- for message in turns -%}
{%- if message.role == 'user' -%}
{{- bos_token + '[INST] ' + (('<<SYS>>\\n' + system + '\\n<</SYS>>\\n\\n') if loop.first and system else '') + message.content | trim + ' [/INST]' -}}
{%- else -%}{{- ' ' + message.content | trim + ' ' + eos_token -}}{%- endif -%}
{%- endfor -%}`,
  // https://docs.mistral.ai/cookbooks/concept-deep-dive-tokenization-chat_templates
  mistral: `${systemFirst}{{- bos_token -}}{%- for message in turns -%}
{%- if message.role == 'user' -%}{{- '[INST] ' + ${withSystem} + ' [/INST]' -}}
{%- else -%}{{- ' ' + message.content | trim + eos_token -}}{%- endif -%}
{%- endfor -%}`,
  // https://ai.google.dev/gemma/docs/core/prompt-structure
  gemma: `${systemFirst}{{- bos_token -}}{%- for message in turns -%}
{{- '<start_of_turn>' + ('model' if message.role == 'assistant' else message.role) + '\\n' + ${withSystem} | trim + '<end_of_turn>\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<start_of_turn>model\\n' -}}{%- endif -%}`,
  // https://huggingface.co/microsoft/Phi-3-mini-4k-instruct
  phi3: `{%- for message in messages -%}
{{- '<|' + message.role + '|>\\n' + message.content + '<|end|>\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|assistant|>\\n' -}}{%- endif -%}`,
  // https://huggingface.co/HuggingFaceH4/zephyr-7b-beta; TinyLlama
  zephyr: `{%- for message in messages -%}
{{- '<|' + message.role + '|>\\n' + message.content + eos_token + '\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|assistant|>\\n' -}}{%- endif -%}`,
  // https://github.com/lm-sys/FastChat/blob/main/docs/vicuna_weights_version.md
  vicuna: `${systemFirst}{{- bos_token -}}{%- if system -%}{{- system + ' ' -}}{%- endif -%}{%- for message in turns -%}
{%- if message.role == 'user' -%}{{- 'USER: ' + message.content + ' ' -}}
{%- else -%}{{- 'ASSISTANT: ' + message.content + eos_token -}}{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- 'ASSISTANT:' -}}{%- endif -%}`,
  // https://github.com/tatsu-lab/stanford_alpaca
  alpaca: `${systemFirst}{%- if system -%}{{- system + '\\n\\n' -}}{%- endif -%}{%- for message in turns -%}
{%- if message.role == 'user' -%}{{- '### Instruction:\\n' + message.content + '\\n\\n' -}}
{%- else -%}{{- '### Response:\\n' + message.content + eos_token + '\\n\\n' -}}{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '### Response:\\n' -}}{%- endif -%}`,
};

/** Chat templates in Jinja, by the names that `--chat-template` takes. */
export const chatTemplates: ReadonlyMap<string, string> = new Map(Object.entries(templates));
