import { UsageError } from './usage-error.ts';

/** A server by the API that its address names. */
export interface ServerUrl {
  kind: 'openai' | 'post-api';
  url: URL;
}

/**
 * Reads the address of a server: its OpenAI base, which ends in `/v1`, or its `/llm/`.
 * @throws UsageError with the address that was probably meant
 */
export function readServerUrl(given: string): ServerUrl {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    const hint = /^[\w.-]+:\d+(\/|$)/.test(given)
      ? `did you mean http://${given}?`
      : 'it begins with http:// or https://.';
    throw new UsageError(`${given} is no URL of a server; ${hint}`);
  }
  const path = url.pathname.replace(/\/$/, '');
  if (path.endsWith('/v1')) return { kind: 'openai', url };
  if (!path.endsWith('/llm')) {
    const { origin } = url;
    throw new UsageError(`${given} must end in /v1 or /llm/; did you mean ${origin}/v1 or ${origin}/llm/?`);
  }
  url.pathname = `${path}/`;
  return { kind: 'post-api', url };
}
