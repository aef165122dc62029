import { Agent, request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent as SecureAgent, request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';
import { asError, field } from './fields.ts';

/** Requests to one server over connections that are kept; as little work as Node allows, since it shares the cores. */
export class HttpClient {
  readonly #agent: Agent;
  readonly #headers: Record<string, string>;

  /** @param apiKey sent as a bearer token */
  constructor(secure: boolean, apiKey: string | undefined) {
    this.#agent = secure ? new SecureAgent({ keepAlive: true }) : new Agent({ keepAlive: true });
    this.#headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  }

  /**
   * Posts JSON.
   * @returns the reply when its headers are there; its body is still to be read
   * @throws Error with the status and the body's message unless the status is 2xx; with the URL where nobody answers
   */
  async post(url: URL, body: object, signal?: AbortSignal): Promise<IncomingMessage> {
    return await successful(url, await this.#send(url, 'POST', JSON.stringify(body), signal));
  }

  /** Gets a text. @throws as `post` */
  async get(url: URL, signal?: AbortSignal): Promise<string> {
    return await text(await successful(url, await this.#send(url, 'GET', undefined, signal)));
  }

  /** Closes the kept connections. */
  close(): void {
    this.#agent.destroy();
  }

  async #send(url: URL, method: string, body?: string, signal?: AbortSignal): Promise<IncomingMessage> {
    try {
      return await this.#once(url, method, body, signal);
    } catch (error) {
      // The server may close an idle connection in the moment in which it is used again.
      if (error instanceof StaleConnection) return await this.#once(url, method, body, signal);
      throw error;
    }
  }

  #once(url: URL, method: string, body?: string, signal?: AbortSignal): Promise<IncomingMessage> {
    const headers = { ...this.#headers, ...(body !== undefined && jsonHeaders(body)) };
    const options: RequestOptions = { method, headers, agent: this.#agent, ...(signal && { signal }) };
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    return new Promise((resolve, reject) => {
      const sent = send(url, options, resolve);
      sent.once('error', (error: NodeJS.ErrnoException) => {
        if (signal?.aborted === true) reject(asError(signal.reason));
        else if (sent.reusedSocket && error.code === 'ECONNRESET') reject(new StaleConnection());
        else reject(new Error(`${url.href} cannot be reached: ${reachReason(error)}.`, { cause: error }));
      });
      sent.end(body);
    });
  }
}

class StaleConnection extends Error {}

function jsonHeaders(body: string): Record<string, string | number> {
  return { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there; start the server, or correct the host and the port',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name is not known',
  ECONNRESET: 'the server closed the connection',
};

function reachReason(error: NodeJS.ErrnoException): string {
  return reasons[error.code ?? ''] ?? error.message;
}

async function successful(url: URL, reply: IncomingMessage): Promise<IncomingMessage> {
  const status = reply.statusCode ?? 0;
  if (status >= 200 && status < 300) return reply;
  throw new Error(`${url.href} answered ${status}: ${messageOf(await text(reply))}`);
}

/** What an error's body says: OpenAI's and hearth's `error.message`, a plain `error` or `message`, else the body's beginning. */
export function messageOf(body: string): string {
  const parsed = parsedJson(body);
  const error = field(parsed, 'error') ?? parsed;
  const message = typeof error === 'string' ? error : field(error, 'message');
  if (typeof message === 'string' && message !== '') return message;
  const plain = body.replace(/\s+/g, ' ').trim();
  return plain === '' ? 'no message' : plain.slice(0, 200);
}

/** The value of a JSON text; undefined where it is none. */
export function parsedJson(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}
