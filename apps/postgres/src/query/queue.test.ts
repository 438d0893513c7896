import { describe, expect, it } from 'vitest';
import { join, sweepQueue, takeNext, type Waiter } from './queue.ts';

interface Named extends Waiter {
  name: string;
}

const GONE = new Error('the caller has left');
const QUEUE_MS = 1_000;

/** Waits since the time told, and notes what it was refused with. */
function waiter(name: string, told: string[], { since = 0, hasLeft = false } = {}): Named {
  const signal = hasLeft ? AbortSignal.abort(GONE) : undefined;
  const reject = (error: unknown) =>
    void told.push(`${name}: ${error === GONE ? 'gone' : Reflect.get(Object(error), 'code')}`);
  return { name, since, signal, reject };
}

describe('a queue', () => {
  it('gives turns in the order of coming, and none to who has left', () => {
    const told: string[] = [];
    const queue = [waiter('a', told, { hasLeft: true }), waiter('b', told), waiter('c', told)];
    expect([takeNext(queue)?.name, takeNext(queue)?.name, takeNext(queue)]).toEqual(['b', 'c', undefined]);
    expect(told).toEqual(['a: gone']);
  });

  it('refuses to grow without end', () => {
    const queue: Waiter[] = [];
    for (let count = 0; count < 1_000; count += 1) join(queue, waiter('one', []));
    expect(() => join(queue, waiter('one more', []))).toThrow(
      expect.objectContaining({ code: 'OVERLOADED' }),
    );
    expect(queue).toHaveLength(1_000);
  });

  it('sends away who has left or waited too long, but not those about to be served', () => {
    const told: string[] = [];
    const queue = [
      waiter('left', told, { hasLeft: true }),
      waiter('served', told),
      waiter('late', told),
      waiter('late and left', told, { hasLeft: true }),
      waiter('in time', told, { since: 500 }),
    ];
    sweepQueue(queue, QUEUE_MS + 1, QUEUE_MS, 2);
    expect(queue.map(({ name }) => name)).toEqual(['served', 'in time']);
    expect(told.sort()).toEqual(['late and left: gone', 'late: OVERLOADED', 'left: gone']);
  });
});
