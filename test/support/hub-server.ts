import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { FakeRepo, type RepoOptions } from './hub-repo.ts';
import { send, type Fault, type Pace, type Seen } from './hub-sending.ts';

const MODELSCOPE_CUT = 3000;

export interface HubServerOptions {
  /** What it is called in URLs; its address unless given. */
  host?: string;
  /** Has it speak https. */
  tls?: { key: Buffer; cert: Buffer };
}

/**
 * Both hubs' protocols on one port, and the storage that large files are redirected to on another one, which is another
 * origin. It is the real thing but for the models: HTTP over sockets, cut where the tests say so.
 */
export class HubServer {
  readonly requests: Seen[] = [];
  /** Asked for every request. */
  fault: (seen: Seen) => Fault | undefined = () => undefined;
  /** Milliseconds before each piece of a file, and its size. */
  pace: Pace | undefined;
  /** Entries of one page of Hugging Face's listing. */
  pageSize = 1000;
  /** The token that private and gated models want. */
  token = 'hf_right';
  readonly #repos = new Map<string, FakeRepo>();
  readonly #hub: Server;
  readonly #storage: Server;

  readonly #options: HubServerOptions;

  private constructor(options: HubServerOptions) {
    this.#options = options;
    const listener = (side: Seen['side']) => (request: IncomingMessage, response: ServerResponse) =>
      void this.#answer(side, request, response);
    const { tls } = options;
    const open = (side: Seen['side']): Server =>
      tls === undefined ? createServer(listener(side)) : createTlsServer(tls, listener(side));
    this.#hub = open('hub');
    this.#storage = open('storage');
  }

  static async start(options: HubServerOptions = {}): Promise<HubServer> {
    const server = new HubServer(options);
    for (const one of [server.#hub, server.#storage]) await once(one.listen(0, '127.0.0.1'), 'listening');
    return server;
  }

  get endpoint(): string {
    return this.#url(this.#hub);
  }

  get storage(): string {
    return this.#url(this.#storage);
  }

  #url(server: Server): string {
    const { host = '127.0.0.1', tls } = this.#options;
    return `${tls === undefined ? 'http' : 'https'}://${host}:${(server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const one of [this.#hub, this.#storage]) {
      one.closeAllConnections();
      await new Promise((resolve) => one.close(resolve));
    }
  }

  /** @param files contents by path */
  add(id: string, files: Record<string, Buffer | string>, options: RepoOptions = {}): FakeRepo {
    const repo = new FakeRepo(id, files, options);
    this.#repos.set(id, repo);
    return repo;
  }

  /** Requests for the content of a file. */
  downloads(path: string): Seen[] {
    const names = (url: URL): boolean =>
      url.pathname.endsWith(`/${path}`) ||
      (url.searchParams.get('FilePath') === path && !url.pathname.endsWith('/files'));
    return this.requests.filter(({ url, sent, side }) => names(url) && (sent > 0 || side === 'storage'));
  }

  async #answer(side: Seen['side'], request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', side === 'hub' ? this.endpoint : this.storage);
    const from = /^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1];
    const seen: Seen = {
      side,
      url,
      headers: request.headers,
      from: from === undefined ? undefined : Number(from),
      sent: 0,
    };
    this.requests.push(seen);
    const fault = this.fault(seen);
    if (fault !== undefined && 'status' in fault) {
      response.writeHead(fault.status, fault.headers).end(fault.body ?? '');
      return;
    }
    try {
      if (side === 'storage') await this.#storageAnswer(seen, response, fault);
      else await this.#hubAnswer(seen, response, fault);
    } catch {
      response.destroy();
    }
  }

  async #hubAnswer(seen: Seen, response: ServerResponse, fault: Fault | undefined): Promise<void> {
    const path = decodeURIComponent(seen.url.pathname);
    if (path === '/api/models') return json(response, this.#derived(seen.url));
    if (path === '/openapi/v1/models') return json(response, this.#search(seen.url));
    if (path.startsWith('/api/v1/models/')) return await this.#modelScope(path.slice(15), seen, response, fault);
    if (path.startsWith('/direct/')) {
      const [repo, file] = this.#find(path.slice(8), '/');
      if (repo === undefined) return void response.writeHead(404).end();
      return await send(seen, response, repo.content(file), {
        fault,
        ranges: true,
        pace: this.pace,
        headers: { etag: `"${repo.commit}"` },
      });
    }
    await this.#huggingFace(path, seen, response, fault);
  }

  async #huggingFace(path: string, seen: Seen, response: ServerResponse, fault: Fault | undefined): Promise<void> {
    const refuse = (status: number, code: string): void =>
      void response.writeHead(status, { 'x-error-code': code }).end();
    const known = seen.headers.authorization === `Bearer ${this.token}`;
    const api = path.startsWith('/api/models/');
    const [repo, rest] = this.#find(path.slice(api ? 12 : 1), '/');
    if (repo === undefined || (repo.options.private === true && !known))
      return refuse(known ? 404 : 401, 'RepoNotFound');
    const [verb, revision = '', ...file] = rest.split('/');
    if (api && verb === 'revision') {
      if (!repo.knows(rest.slice(9))) return refuse(404, 'RevisionNotFound');
      return json(response, { id: repo.id, sha: repo.commit, cardData: { license: 'apache-2.0' } });
    }
    if (!repo.knows(revision)) return refuse(404, 'RevisionNotFound');
    if (api) {
      const at = Number(seen.url.searchParams.get('cursor') ?? 0);
      const all = repo.hfTree();
      const next = new URL(seen.url);
      next.searchParams.set('cursor', String(at + this.pageSize));
      const more = at + this.pageSize < all.length ? { link: `<${next.href}>; rel="next"` } : {};
      return json(response, all.slice(at, at + this.pageSize), more);
    }
    if (repo.options.gated === true && !known) return refuse(401, 'GatedRepo');
    const name = file.join('/');
    if (!repo.has(name)) return refuse(404, 'EntryNotFound');
    const headers = { 'x-repo-commit': repo.commit };
    if (!repo.isLarge(name))
      return await send(seen, response, repo.content(name), { fault, ranges: true, pace: this.pace, headers });
    const linked = { 'x-linked-etag': `"${repo.sha256(name)}"`, 'x-linked-size': String(repo.content(name).length) };
    response.writeHead(302, { ...headers, ...linked, location: `${this.storage}/${repo.id}/${name}` }).end();
  }

  async #modelScope(path: string, seen: Seen, response: ServerResponse, fault: Fault | undefined): Promise<void> {
    const [repo, rest] = this.#find(path, '/');
    const query = seen.url.searchParams;
    const known =
      seen.headers.authorization === `Bearer ${this.token}` && seen.headers.cookie === `m_session_id=${this.token}`;
    const wrong = (status: number, Message: string): void =>
      json(response, { Code: 10010205001, Success: false, Message }, {}, status);
    if (repo === undefined || (repo.options.private === true && !known)) return wrong(404, 'record not found');
    if (!repo.knows(query.get('Revision') ?? 'master')) return wrong(404, 'the revision does not exist');
    if (rest === 'repo/files') {
      const all = repo.modelScopeFiles(query.get('Root') ?? '', query.get('Recursive') === 'True');
      return json(response, { Code: 200, Success: true, Data: { Files: all.slice(0, MODELSCOPE_CUT) } });
    }
    const name = query.get('FilePath') ?? '';
    if (!repo.has(name)) return wrong(404, 'no such file');
    // Small files come from here, whole, whatever Range says.
    if (!repo.isLarge(name))
      return await send(seen, response, repo.content(name), { fault, ranges: false, pace: this.pace });
    response
      .writeHead(302, { 'x-linked-etag': `"${repo.sha256(name)}"`, location: `${this.storage}/${repo.id}/${name}` })
      .end();
  }

  async #storageAnswer(seen: Seen, response: ServerResponse, fault: Fault | undefined): Promise<void> {
    const [repo, name] = this.#find(decodeURIComponent(seen.url.pathname).slice(1), '/');
    if (repo === undefined) return void response.writeHead(404).end();
    await send(seen, response, repo.content(name), { fault, ranges: true, pace: this.pace });
  }

  #find(path: string, separator: string): [FakeRepo | undefined, string] {
    const id = [...this.#repos.keys()].find((known) => path === known || path.startsWith(known + separator));
    return [this.#repos.get(id ?? ''), path.slice((id ?? '').length + 1)];
  }

  #derived(url: URL): unknown {
    const filters = url.searchParams.getAll('filter');
    const all = [...this.#repos.values()].filter(({ tags }) => filters.every((filter) => tags.includes(filter)));
    return all.map(({ id, tags, options }) => ({
      id,
      tags,
      downloads: options.downloads ?? 0,
      gated: options.gated ?? false,
    }));
  }

  #search(url: URL): unknown {
    const word = url.searchParams.get('search')?.toLowerCase() ?? '';
    const all = [...this.#repos.values()].filter(({ id }) => id.split('/')[1]?.toLowerCase().startsWith(word));
    return {
      success: true,
      data: { models: all.map(({ id, tags, options }) => ({ id, tags, downloads: options.downloads ?? 0 })) },
    };
  }
}

function json(response: ServerResponse, content: unknown, headers: Record<string, string> = {}, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(content));
}
