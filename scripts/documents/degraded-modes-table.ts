import { DEGRADED_MODES, type DegradedMode } from '@plinth/contracts';
import { cell, withMadePart } from './made-part.ts';

// What happens while a part is lost, as the gateway's README has it: from the table that health reads.

const BEGIN = '<!-- degraded modes: made by `npm run documents`, from packages/contracts -->';
const END = '<!-- /degraded modes -->';

const rowOf = ([part, mode]: [string, DegradedMode]): string => {
  const codes = mode.refusedWith.map((code) => `\`${code}\``).join(', ') || 'nothing is refused';
  const cells = [mode.affects, mode.stillWorks, codes, `${mode.recoversWithinSeconds} s`];
  return `| \`${part}\` | ${cells.map(cell).join(' | ')} |`;
};

const render = (): string =>
  [
    '| part | what does not work | what goes on | refused with | recovers within |',
    '| --- | --- | --- | --- | --- |',
    ...Object.entries(DEGRADED_MODES).map(rowOf),
  ].join('\n');

export const withDegradedModes = (page: string): string => withMadePart(page, BEGIN, END, render());
