import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { AppError } from '@plinth/contracts';
import type { Admission } from '../admit.ts';
import type { Exchange } from '../exchange.ts';
import type { Grant } from '../revocation/epochs.ts';

/** Takes an admitted request to its service and the answer back. */
export interface Carrier {
  forward(exchange: Exchange, admission: Admission, response: ServerResponse): void;
  close(): Promise<void>;
}

export interface UpgradeCarrier extends Carrier {
  upgrade(exchange: Exchange, admission: Admission, socket: Socket, head: Buffer): void;
}

/** Says to the caller, in its dialect, that a service did not answer. */
export interface FailureExits {
  response(exchange: Exchange, response: ServerResponse, error: AppError): void;
  socket(exchange: Exchange, socket: Socket, error: AppError): void;
}

export interface CarrierRevocations {
  /** Hears the header by which an answer revokes, as it came and where it came, before the answer goes out. */
  answered(header: string | string[] | undefined): void;
  isCurrent(grant: Grant): boolean;
}
