import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';

// A read on a line, between undici and the carrier: what is let go hears no more of what becomes of it there. A class, for there is
// one to each request (docs/decisions/0013).

type Controller = Dispatcher.DispatchController;
type Handler = Required<
  Pick<
    Dispatcher.DispatchHandler,
    'onRequestStart' | 'onResponseStart' | 'onResponseData' | 'onResponseEnd' | 'onResponseError'
  >
>;

export interface Read {
  request: Dispatcher.DispatchOptions;
  handler: Handler;
  /** Asks by itself, like anything that is not brief. */
  askAlone(): void;
}

/** What a line is told by its reads. */
export interface Course {
  ended(read: SentRead): void;
  /** It has no answer, nor has anything behind it. */
  broke(read: SentRead): void;
  /** Its caller takes the answer more slowly than it comes. */
  holdsUp(): void;
  /** Its caller is gone. */
  left(read: SentRead): void;
}

export class SentRead implements Handler, Controller {
  readonly request: Dispatcher.DispatchOptions;
  isLetGo = false;
  private readonly read: Read;
  private readonly course: Course;
  private hasBegun = false;
  private controller: Controller | undefined;
  aborted = false;
  reason: Error | null = null;

  constructor(read: Read, course: Course) {
    this.request = read.request;
    this.read = read;
    this.course = course;
  }

  askAlone(): void {
    if (this.isLetGo) return;
    this.isLetGo = true;
    this.read.askAlone();
  }

  onRequestStart(controller: Controller, context: unknown): void {
    this.controller = controller;
    if (!this.isLetGo) this.read.handler.onRequestStart(this, context);
  }
  onResponseStart(_: Controller, status: number, headers: IncomingHttpHeaders, text?: string): void {
    this.hasBegun = status >= 200;
    if (!this.isLetGo) this.read.handler.onResponseStart(this, status, headers, text);
  }
  onResponseData(_: Controller, chunk: Buffer): void {
    if (!this.isLetGo) this.read.handler.onResponseData(this, chunk);
  }
  onResponseEnd(_: Controller, trailers: IncomingHttpHeaders): void {
    this.course.ended(this);
    if (!this.isLetGo) this.read.handler.onResponseEnd(this, trailers);
  }
  onResponseError(_: Controller, error: Error): void {
    this.course.broke(this);
    if (!this.hasBegun) this.askAlone();
    else if (!this.isLetGo) this.read.handler.onResponseError(this, error);
  }

  get paused(): boolean {
    return this.controller?.paused ?? false;
  }
  pause(): void {
    this.course.holdsUp();
    this.controller?.pause();
  }
  resume(): void {
    this.controller?.resume();
  }
  abort(reason: Error): void {
    this.aborted = true;
    this.reason = reason;
    this.isLetGo = true;
    this.course.left(this);
  }
}
