import { z } from 'zod';

// What is to go is told well before: a version or an operation is deprecated on one day and gone at least six months later.

export interface Deprecation {
  /** The day from which it should not be used for anything new. */
  since: string;
  /** The day from which it is answered with 410. */
  sunset: string;
}

const NOTICE_MONTHS = 6;

const day = z.iso.date();
const startOf = (date: string): Date => new Date(`${day.parse(date)}T00:00:00Z`);

/** The one way to write a deprecation down: a shorter notice does not start. */
export function deprecation(since: string, sunset: string): Deprecation {
  const earliest = startOf(since);
  earliest.setUTCMonth(earliest.getUTCMonth() + NOTICE_MONTHS);
  if (startOf(sunset) < earliest)
    throw new Error(`what is deprecated on ${since} may not end on ${sunset}: that is less than six months`);
  return { since, sunset };
}

export const hasBegun = ({ since }: Deprecation, now: Date): boolean => startOf(since) <= now;
export const isOver = ({ sunset }: Deprecation, now: Date): boolean => startOf(sunset) <= now;

/** RFC 9745 and RFC 8594, and where to read on: `successor` is a path, as in a document or a route. */
export function deprecationHeaders(
  { since, sunset }: Deprecation,
  successor: string,
): Record<'deprecation' | 'sunset' | 'link', string> {
  const links = [
    '</docs>; rel="deprecation"; type="text/html"',
    '</docs>; rel="sunset"; type="text/html"',
    `<${successor}>; rel="successor-version"`,
  ];
  return {
    deprecation: `@${startOf(since).getTime() / 1_000}`,
    sunset: startOf(sunset).toUTCString(),
    link: links.join(', '),
  };
}
