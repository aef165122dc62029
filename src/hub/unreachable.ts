import { InferenceError } from '../contract/errors.ts';
import { ProxyRefusal } from './proxy.ts';

/** Nobody answered, or the connection broke. */
export class Unreachable extends InferenceError {
  /** Another try makes no sense: no name server knows the host, or a proxy will not have the request. */
  readonly final: boolean;

  /** @param proxy what the host was asked through */
  constructor(host: string, cause: unknown, proxy?: URL) {
    super('model_failed', sentence(host, cause, proxy), { cause });
    this.name = 'Unreachable';
    this.final = codeOf(cause) === 'ENOTFOUND' || (cause instanceof ProxyRefusal && cause.status < 500);
  }
}

function sentence(host: string, cause: unknown, proxy: URL | undefined): string {
  if (proxy === undefined) return `${host} cannot be reached (${reasonOf(cause)}); check the network and the endpoint.`;
  // Never with its password.
  const name = proxy.origin;
  if (cause instanceof ProxyRefusal && cause.status === 407)
    return `${host} cannot be reached: the proxy ${name} wants another name and password (407); write them into its variable: ${proxy.protocol}//USER:PASSWORD@${proxy.host}.`;
  return `${host} cannot be reached through the proxy ${name} (${reasonOf(cause)}); check HTTP_PROXY and HTTPS_PROXY, or list the host in NO_PROXY.`;
}

/** Why a connection failed, from the innermost cause: `fetch failed` says nothing. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return reasonOf(error.cause);
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error.message === '' && 'code' in error ? String(error.code) : error.message;
}

function codeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined;
  return 'code' in error ? error.code : codeOf(error.cause);
}
