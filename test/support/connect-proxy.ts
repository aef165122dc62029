import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

/** What a proxy was asked for. */
export interface Proxied {
  /** CONNECT for a tunnel. */
  method: string;
  /** `host:port` */
  target: string;
}

/**
 * A proxy as companies have it: tunnels for https, and http requests that it sends itself. It finds every host on this
 * machine, as it alone may know the names that it is asked for.
 */
export class ConnectProxy {
  readonly seen: Proxied[] = [];
  /** `user:password` that it wants. */
  user: string | undefined;
  /** Answers every request with this. */
  refusal: number | undefined;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => this.#forward(request, response));
    this.#server.on('connect', (request, socket, head) => this.#tunnel(request, socket, head));
  }

  static async start(): Promise<ConnectProxy> {
    const proxy = new ConnectProxy();
    await once(proxy.#server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  /** `127.0.0.1:port` */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #refused({ headers }: IncomingMessage): number | undefined {
    if (this.refusal !== undefined) return this.refusal;
    const right = this.user === undefined ? undefined : `Basic ${Buffer.from(this.user).toString('base64')}`;
    return right === undefined || headers['proxy-authorization'] === right ? undefined : 407;
  }

  #tunnel(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const target = request.url ?? '';
    this.seen.push({ method: 'CONNECT', target });
    const refused = this.#refused(request);
    if (refused !== undefined) {
      socket.end(`HTTP/1.1 ${refused} No\r\nproxy-authenticate: Basic\r\n\r\n`);
      return;
    }
    const beyond = connect(Number(target.split(':').at(-1)), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      beyond.write(head);
      beyond.pipe(socket).pipe(beyond);
    });
    // Either side may leave when it likes.
    beyond.on('error', () => socket.destroy()).on('close', () => socket.destroy());
    socket.on('error', () => beyond.destroy()).on('close', () => beyond.destroy());
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    const { host, port, pathname, search } = new URL(request.url ?? '');
    this.seen.push({ method: request.method ?? '', target: host });
    const refused = this.#refused(request);
    if (refused !== undefined) {
      response.writeHead(refused, { 'proxy-authenticate': 'Basic' }).end();
      return;
    }
    const { 'proxy-authorization': _authorization, ...headers } = request.headers;
    const beyond = httpRequest(
      { host: '127.0.0.1', port, path: pathname + search, method: request.method, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    beyond.on('error', () => response.destroy());
    request.pipe(beyond);
  }
}
