/**
 * A virtual board behind a UDP port: each datagram goes through the world's network to the converter, each packet of the converter to the
 * address that it heard last. There is nothing to open and nothing to refuse.
 */
import type { RemoteInfo } from 'node:dgram';
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Connection } from './connection.js';
import type { Server, ServerOptions } from './server.js';
import { cannotListen } from './server.js';
import type { WallClock } from './wall-clock.js';
import type { World } from './world.js';

/** @throws StageFlashError kind `link` when the port cannot be had. */
export function listenUdp(world: World, clock: WallClock, options: ServerOptions): Promise<Server> {
  const socket = createSocket(isIPv6(options.host) ? 'udp6' : 'udp4');
  const peers = new Map<string, Connection>();

  const connectionOf = ({ address, port }: RemoteInfo): Connection | undefined => {
    const name = `${address}:${port}`;
    const known = peers.get(name);
    if (known !== undefined) return known;
    const connection = world.connect();
    if (connection === undefined) return undefined;
    peers.set(name, connection);
    options.onClient(`${name} sends datagrams`);
    connection.onActivity = () => {
      for (const bytes of connection.take()) socket.send(bytes, port, address);
    };
    return connection;
  };

  socket.on('message', (bytes, peer) => {
    clock.catchUp();
    connectionOf(peer)?.send(bytes, world.now);
  });
  return new Promise((resolve, reject) => {
    socket.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen('udp', options, error)));
    socket.bind(options.port, options.host, () => {
      const { address, port } = socket.address();
      // Later on, an error is one datagram that could not leave: lost, as datagrams are.
      socket.removeAllListeners('error').on('error', () => undefined);
      resolve({ host: address, port, close: () => new Promise((closed) => socket.close(() => closed())) });
    });
  });
}
