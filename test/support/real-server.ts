import { serve, type Served } from '../../src/compose.ts';
import { defaultSettings } from '../../src/config/resolve.ts';
import type { Settings } from '../../src/config/settings.ts';
import { createLogger } from '../../src/telemetry/log.ts';

/** The whole server in this process, on a free port, with the embedded model unless the settings name another. */
export function serveReal(settings: Partial<Settings> = {}): Promise<Served> {
  const all = defaultSettings({ port: 0, contextSize: 2048, device: 'cpu', ...settings });
  return serve(all, { log: createLogger({ level: 'silent', format: 'json' }) });
}

/** What `/llm/` answers, as far as tests read it. */
export interface LlmReply {
  response: string;
  n_token_prompt: number;
  n_token_response: number;
  data: { response: { choices: { message: { content: string }; finish_reason: string }[]; model: string } };
  error: { message: string };
}

/** Posts JSON and reads the JSON reply. */
export async function postJson(
  url: string,
  body: unknown,
  signal?: AbortSignal,
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });
  return { status: response.status, body: await response.json() };
}

/** Posts to `/llm/`. */
export async function postLlm(url: string, body: object): Promise<{ status: number; body: LlmReply }> {
  const reply = await postJson(`${url}/llm/`, body);
  return { status: reply.status, body: reply.body as LlmReply };
}
