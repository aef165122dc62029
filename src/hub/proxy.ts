import { BlockList, isIP } from 'node:net';
import type { ProxyAgent } from 'undici';
import type { Proxies } from '../contract/hub.ts';

/**
 * The proxy that an address is asked through.
 * @returns undefined for an address that is asked directly
 */
export function proxyFor(url: URL, { http, https, except }: Proxies): URL | undefined {
  const proxy = url.protocol === 'https:' ? https : http;
  return proxy === undefined || except.some((entry) => covers(entry, url)) ? undefined : new URL(proxy);
}

/** An entry of NO_PROXY: `*`, a host with all below it (a dot or `*.` before it changes nothing), an address, a network as 10.0.0.0/8; with or without a port. */
function covers(entry: string, url: URL): boolean {
  if (entry === '*') return true;
  const host = bare(url.hostname);
  const [, network = '', bits = ''] = /^([\d.a-f:]+)\/(\d+)$/i.exec(entry) ?? [];
  if (isIP(network) > 0) return isWithin(host, network, Number(bits));
  const [, name = entry, port] = isIP(entry) > 0 ? [] : (/^(.+):(\d+)$/.exec(entry) ?? []);
  if (port !== undefined && port !== (url.port || (url.protocol === 'https:' ? '443' : '80'))) return false;
  const known = bare(name.toLowerCase()).replace(/^(\*?\.)/, '');
  return host === known || host.endsWith(`.${known}`);
}

function isWithin(host: string, network: string, bits: number): boolean {
  const family = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 4 ? 'ipv4' : 'ipv6');
  if (isIP(host) === 0 || bits > (isIP(network) === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(network, bits, family(network));
  return list.check(host, family(host));
}

/** Without the brackets around an IPv6 address. */
function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

/** A proxy that forwards nothing. */
export class ProxyRefusal extends Error {
  /** 407 where it wants to know who asks. */
  readonly status: number;

  constructor(status: number) {
    super(`it answers ${status}`);
    this.name = 'ProxyRefusal';
    this.status = status;
  }
}

/** What both kinds of fetch take. */
export interface SentInit {
  headers: Record<string, string>;
  redirect: 'manual';
  signal: AbortSignal;
}

/** One for each proxy, so that connections to it are used again. */
const agents = new Map<string, ProxyAgent>();

/**
 * Sends a request through a proxy: to https addresses in a tunnel (CONNECT), to others by handing it over as it is. Node 20's own
 * fetch knows no proxies; the package that does is loaded where there is one.
 * @throws ProxyRefusal; else as fetch
 */
export async function fetchThrough(proxy: URL, url: URL, init: SentInit): Promise<Response> {
  const { fetch: send, ProxyAgent: Agent } = await import('undici');
  const { username, password, href } = proxy;
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const token = username === '' ? {} : { token: `Basic ${Buffer.from(user).toString('base64')}` };
  const agent = agents.get(href) ?? new Agent({ uri: href, proxyTunnel: false, ...token });
  agents.set(href, agent);
  try {
    const response = await send(url.href, { ...init, dispatcher: agent });
    if (response.status === 407) throw new ProxyRefusal(407);
    return response;
  } catch (error) {
    const status = refusalIn(error);
    throw status === undefined ? error : new ProxyRefusal(status);
  }
}

/** The status that a proxy answered with; undici tells it in the words of an error alone. */
function refusalIn(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const status = /^Proxy .*\((\d{3})\)/.exec(error.message)?.[1];
  return status === undefined ? refusalIn(error.cause) : Number(status);
}
