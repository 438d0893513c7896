import { elementsOf } from './json-text.ts';

/** In a string a line break is escaped: one that stands there as it is can only be space between the parts of a row. */
const LINE_BREAKS = /[\r\n]+/g;

/** The line of a row, which is a JSON object. */
export const ndjsonLine = (row: string): string => `${row.replace(LINE_BREAKS, ' ')}\n`;

/** Of rows as a JSON array of objects. */
export const ndjsonOf = (rows: string): string => [...elementsOf(rows)].map(ndjsonLine).join('');
