import { Agent, type AgentOptions } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Replica, Replicas } from '@plinth/rpc';

// The connections of the stream carrier to one replica. What it carries can be sent once only, so another replica is found
// while nothing is sent yet: a connection that this one refuses is opened to the next.

const CONNECT_MS = 2_000;

export function createFailoverAgent(replicas: Replicas, own: Replica, options: AgentOptions): Agent {
  const agent = new Agent(options);
  const others = replicas.all.filter((replica) => replica !== own);
  if (others.length === 0) return agent;
  const borrowed = new WeakSet<Duplex>();

  function open([replica = own, ...rest]: Replica[], created: (error: Error | null, socket: Socket) => void) {
    const { hostname, port } = new URL(replica.url);
    const socket = connect({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port) || 80,
      noDelay: true,
    });
    const timer = setTimeout(() => socket.destroy(notConnected()), CONNECT_MS);
    function fail(error: Error): void {
      clearTimeout(timer);
      replicas.failed(replica, 'broken');
      if (rest.length > 0) open(rest, created);
      else created(error, socket);
    }
    socket.once('error', fail);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', fail);
      if (replica !== own) borrowed.add(socket);
      created(null, socket);
    });
  }

  agent.createConnection = (_, created = () => undefined) => {
    open([own, ...others], created);
    return undefined;
  };
  // A connection to another replica serves the one request that it was opened for.
  agent.keepSocketAlive = (socket) =>
    borrowed.has(socket) ? false : Agent.prototype.keepSocketAlive.call(agent, socket);
  return agent;
}

const notConnected = () => Object.assign(new Error('no connection in time'), { code: 'ETIMEDOUT' });
