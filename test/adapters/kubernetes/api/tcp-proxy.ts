/** Stands between an adapter and a peer below TLS: counts connections, and does to them what networks do. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export class TcpProxy implements AsyncDisposable {
  /** Connections that were ever made. */
  accepted = 0;
  readonly #open = new Set<Socket>();
  readonly #server = createServer((client) => {
    this.#join(client);
  });
  #target = 0;

  /** @param url of the peer; the proxy has the same host, so the peer's certificate is good for it */
  static async before(url: string): Promise<TcpProxy> {
    const proxy = new TcpProxy();
    proxy.leadTo(url);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get openConnections(): number {
    return this.#open.size;
  }

  /** Connections from now on are to another peer. */
  leadTo(url: string): void {
    this.#target = Number(new URL(url).port);
  }

  /** Resets every connection that is open. */
  reset(): void {
    for (const socket of this.#open) socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.reset();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket): void {
    this.accepted += 1;
    this.#open.add(client);
    const peer = connect(this.#target, '127.0.0.1');
    for (const [one, other] of [
      [client, peer],
      [peer, client],
    ] as const) {
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#open.delete(one);
        other.destroy();
      });
    }
  }
}
