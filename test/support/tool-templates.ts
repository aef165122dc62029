/**
 * Small chat templates in the syntaxes of well-known models, written for these tests: what a template says of calls, and no
 * more. By the name of the format (src/runtime/tool-formats.ts).
 */
export const toolTemplates: Readonly<Record<string, string>> = {
  hermes: `{%- if tools %}<|im_start|>system
Tools: <tools>{% for tool in tools %}{{ tool | tojson }}{% endfor %}</tools>, called as
<tool_call>
{"name": <name>, "arguments": <arguments>}
</tool_call><|im_end|>
{% endif %}
{%- for message in messages %}
{%- if message.tool_calls %}<|im_start|>assistant{% for call in message.tool_calls %}{{ '\\n' }}<tool_call>
{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}
</tool_call>{% endfor %}<|im_end|>
{% elif message.role == 'tool' %}<|im_start|>user
<tool_response>
{{ message.content }}
</tool_response><|im_end|>
{% else %}<|im_start|>{{ message.role }}
{{ message.content }}<|im_end|>
{% endif %}
{%- endfor %}<|im_start|>assistant{{ '\\n' }}`,
  llama3: `{{ bos_token }}{%- if tools %}<|start_header_id|>system<|end_header_id|>

Environment: ipython
Respond with {"name": function name, "parameters": dictionary of arguments}.
{% for tool in tools %}{{ tool | tojson(indent=4) }}
{% endfor %}<|eot_id|>{% endif %}
{%- for message in messages %}
{%- if message.tool_calls %}
{%- if message.tool_calls | length != 1 %}{{ raise_exception("This model only supports single tool-calls at once!") }}{% endif -%}
<|start_header_id|>assistant<|end_header_id|>

{"name": "{{ message.tool_calls[0].function.name }}", "parameters": {{ message.tool_calls[0].function.arguments | tojson }}}<|eot_id|>
{%- elif message.role == 'tool' %}<|start_header_id|>ipython<|end_header_id|>

{{ message.content }}<|eot_id|>
{%- else %}<|start_header_id|>{{ message.role }}<|end_header_id|>

{{ message.content }}<|eot_id|>
{%- endif %}
{%- endfor %}<|start_header_id|>assistant<|end_header_id|>

`,
  mistral: mistral('[TOOL_CALLS]['),
  'mistral-v3': mistral('[TOOL_CALLS] ['),
  'mistral-args': `{{ bos_token }}{%- if tools %}[AVAILABLE_TOOLS]{{ tools | tojson }}[/AVAILABLE_TOOLS]{% endif %}
{%- for message in messages %}
{%- if message.tool_calls %}{% for call in message.tool_calls %}[TOOL_CALLS]{{ call.function.name }}[ARGS]{{ call.function.arguments | tojson }}{% endfor %}{{ eos_token }}
{%- elif message.role == 'tool' %}[TOOL_RESULTS]{{ message.content }}[/TOOL_RESULTS]
{%- elif message.role == 'user' %}[INST]{{ message.content }}[/INST]
{%- else %}{{ message.content }}{% endif %}
{%- endfor %}`,
  'deepseek-v3': deepseek(
    'function<｜tool▁sep｜>{{ call.function.name }}\n```json\n{{ call.function.arguments | tojson }}\n```',
    '\\n',
  ),
  'deepseek-v3.1': deepseek('{{ call.function.name }}<｜tool▁sep｜>{{ call.function.arguments | tojson }}', ''),
};

function mistral(begin: string): string {
  return `{{ bos_token }}{%- if tools %}[AVAILABLE_TOOLS]{{ tools | tojson }}[/AVAILABLE_TOOLS]{% endif %}
{%- for message in messages %}
{%- if message.tool_calls %}${begin}{% for call in message.tool_calls %}
{%- if call.id | length != 9 %}{{ raise_exception("Tool call IDs should be alphanumeric strings with length 9!") }}{% endif -%}
{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}, "id": "{{ call.id }}"}
{%- if not loop.last %}, {% endif %}{% endfor %}]{{ eos_token }}
{%- elif message.role == 'tool' %}[TOOL_RESULTS]{"content": {{ message.content }}, "call_id": "{{ message.tool_call_id }}"}[/TOOL_RESULTS]
{%- else %}[INST]{{ message.content }}[/INST]{% endif %}
{%- endfor %}`;
}

function deepseek(call: string, between: string): string {
  return `{{ bos_token }}{%- if tools %}Tools: {{ tools | tojson }}{% endif %}
{%- for message in messages %}
{%- if message.tool_calls %}<｜Assistant｜><｜tool▁calls▁begin｜>{% for call in message.tool_calls %}<｜tool▁call▁begin｜>${call}<｜tool▁call▁end｜>{% if not loop.last %}{{ '${between}' }}{% endif %}{% endfor %}<｜tool▁calls▁end｜>
{%- elif message.role == 'tool' %}<｜tool▁output▁begin｜>{{ message.content }}<｜tool▁output▁end｜>
{%- else %}<｜User｜>{{ message.content }}{% endif %}
{%- endfor %}<｜Assistant｜>`;
}

/** A template whose call syntax is known to few: Qwen 3 Coder's, parameter by parameter. */
export const xmlTemplate = `{%- for message in messages %}<|im_start|>{{ message.role }}
{{ message.content }}<|im_end|>
{% endfor %}{% if tools %}<tool_call>
<function=name>
<parameter=arguments>
value
</parameter>
</function>
</tool_call>{% endif %}`;
