/**
 * A virtual board behind a TCP port: each client is one connection of the world, and sees its delays, losses and faults on top of a
 * local socket. One client at a time, as with most converters.
 */
import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import type { Connection } from './connection.js';
import type { Server, ServerOptions } from './server.js';
import { cannotListen } from './server.js';
import type { WallClock } from './wall-clock.js';
import type { World } from './world.js';

export interface TcpServerOptions extends ServerOptions {
  /** What becomes of a client that comes while there is one. */
  readonly secondClient: 'refuse' | 'replace';
}

/** @throws StageFlashError kind `link` when the port cannot be had. */
export function listenTcp(world: World, clock: WallClock, options: TcpServerOptions): Promise<Server> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    const connection = admit(world, clock, options.secondClient);
    const peer = `${socket.remoteAddress ?? '?'}:${socket.remotePort ?? '?'}`;
    if (connection === undefined) {
      options.onClient(`${peer} refused: the converter has a client already`);
      socket.resetAndDestroy();
      return;
    }
    options.onClient(`${peer} connected`);
    sockets.add(socket);
    socket.on('close', () => {
      sockets.delete(socket);
      options.onClient(`${peer} gone`);
    });
    attach(socket, connection, world, clock);
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen('tcp', options, error)));
    server.listen(options.port, options.host, () => {
      const address = server.address();
      resolve({
        host: options.host,
        port: typeof address === 'object' && address !== null ? address.port : options.port,
        close: async () => {
          const stopped = new Promise<void>((done) => server.close(() => done()));
          await Promise.all([...sockets].map((socket) => new Promise((gone) => socket.once('close', gone).destroy())));
          await stopped;
        },
      });
    });
  });
}

function admit(world: World, clock: WallClock, secondClient: 'refuse' | 'replace'): Connection | undefined {
  clock.catchUp();
  if (world.client !== undefined && secondClient === 'replace') world.endConnection('reset', world.now);
  return world.connect();
}

function attach(socket: Socket, connection: Connection, world: World, clock: WallClock): void {
  socket.on('data', (bytes) => {
    clock.catchUp();
    connection.send(bytes, world.now);
  });
  // A reset by the client is an end like any other; `close` follows.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    clock.catchUp();
    connection.close(world.now);
  });
  connection.onActivity = () => {
    for (const bytes of connection.take()) socket.write(bytes);
    if (connection.ending === 'finished') socket.end();
    if (connection.ending === 'reset') socket.resetAndDestroy();
  };
}
