import { z } from 'zod';
import { must } from './fields.ts';

/** Go's durations, as Ollama takes them (time.ParseDuration): `5m`, `1h30m`, `500ms`, `-1s`. */
const duration = /^-?(\d+(\.\d+)?(ms|s|m|h))+$/;
const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

const error = must('seconds or a time such as "5m"', '0 unloads the model at once, -1 never');

/**
 * How long the model stays loaded after the request, with Ollama's meaning: seconds or a time with its unit; 0 at once, less than
 * 0 never. https://github.com/ollama/ollama/blob/main/docs/faq.md
 */
export function keepAlive() {
  const text = z.string({ error }).regex(/^-?(\d+(\.\d+)?|(\d+(\.\d+)?(ms|s|m|h))+)$/, { error });
  return z
    .union([z.number({ error }), text], { error })
    .nullish()
    .describe(
      'How long the model stays loaded after the request: seconds, or a time such as "5m"; 0 at once, -1 never.',
    );
}

/** The milliseconds that a body asks for; undefined where it says nothing, Infinity for never. */
export function keepAliveOf(body: unknown): number | undefined {
  const given: unknown =
    typeof body === 'object' && body !== null && 'keep_alive' in body ? body.keep_alive : undefined;
  const ms = typeof given === 'number' ? given * 1000 : typeof given === 'string' ? milliseconds(given) : undefined;
  return ms !== undefined && ms < 0 ? Infinity : ms;
}

/** @returns undefined for what is no time */
function milliseconds(text: string): number | undefined {
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (!duration.test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  const sum = parts.reduce((total, [, count, unit = 's']) => total + Number(count) * (unitMs[unit] ?? 0), 0);
  return text.startsWith('-') ? -sum : sum;
}
