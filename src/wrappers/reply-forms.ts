import type { ModelUsage } from './model-response.ts';

/** A value inside parsed JSON by its keys; undefined where a step is missing. */
function inside(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<string | number, unknown>)[key] : undefined,
    value,
  );
}

/**
 * The text of a reply, whichever server it is from; undefined where it is none of
 * the Flask service of April 2024 (`data.response.choices[0].message.content`) and of January 2024 (`response`), OpenAI's form
 * (`choices[0].message.content` or `.text`), and hosted inference (`[{generated_text}]` or `{generated_text}`).
 */
export function textOf(reply: unknown): string | undefined {
  return [
    inside(reply, 'data', 'response', 'choices', 0, 'message', 'content'),
    inside(reply, 'response'),
    inside(reply, 'choices', 0, 'message', 'content'),
    inside(reply, 'choices', 0, 'text'),
    inside(reply, 0, 'generated_text'),
    inside(reply, 'generated_text'),
  ].find((text) => typeof text === 'string');
}

/** The piece of a streamed frame: ours (`response`), or OpenAI's form. */
export function pieceOf(frame: unknown): string {
  const piece = [inside(frame, 'choices', 0, 'delta', 'content'), inside(frame, 'response')].find(
    (text) => typeof text === 'string',
  );
  return piece ?? '';
}

/** Whether a streamed frame is the whole reply once more, as the last of `/llm/` is. */
export function isWhole(frame: unknown): boolean {
  return inside(frame, 'data') !== undefined;
}

/** The tokens that a reply counts: OpenAI's `usage`, that of `/llm/`, or the older service's own keys. */
export function usageOf(reply: unknown): ModelUsage | undefined {
  const forms = [inside(reply, 'usage'), inside(reply, 'data', 'response', 'usage'), inside(reply, 'data')];
  for (const form of forms) {
    const prompt = inside(form, 'prompt_tokens');
    const completion = inside(form, 'completion_tokens') ?? 0;
    if (typeof prompt === 'number' && typeof completion === 'number')
      return { promptTokens: prompt, completionTokens: completion };
  }
  const prompt = inside(reply, 'n_token_prompt');
  const completion = inside(reply, 'n_token_response');
  if (typeof prompt !== 'number' || typeof completion !== 'number') return undefined;
  return { promptTokens: prompt, completionTokens: completion };
}

/** The list of results: `data.response.data` in an object, or `data`. */
function dataOf(reply: unknown): unknown[] | undefined {
  const list = inside(reply, 'data', 'response', 'data') ?? inside(reply, 'data');
  return Array.isArray(list) ? (list as unknown[]) : undefined;
}

/** The vectors of a reply; hosted inference answers with them alone, one of them without its list. */
export function vectorsOf(reply: unknown): number[][] | undefined {
  const found = dataOf(reply)?.map((item) => inside(item, 'embedding')) ?? reply;
  if (isVector(found)) return [found];
  return Array.isArray(found) && found.every(isVector) ? found : undefined;
}

function isVector(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((number) => typeof number === 'number');
}

/** The addresses of images; one that came as base64 becomes a data URL. */
export function imageUrlsOf(reply: unknown): string[] | undefined {
  const urls = dataOf(reply)?.map((item) => {
    const bytes = inside(item, 'b64_json');
    return typeof bytes === 'string' ? `data:image/png;base64,${bytes}` : inside(item, 'url');
  });
  return urls?.every((url) => typeof url === 'string') === true ? urls : undefined;
}
