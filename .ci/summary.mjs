// Prints what each stage of `.ci/run` did, and closes with the line that CI reads. A stage that broke, or that ran no test, counts as
// a failure even if no single test failed. Arguments: the folder of Vitest's reports, one or more of each stage, then `name:exit status:seconds` of each stage.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, ...stages] = process.argv.slice(2);

function counts(name) {
  const files = readdirSync(folder).filter((file) => file.startsWith(`${name}.`));
  const reports = files.map(readReport);
  const sum = (key) => reports.reduce((total, report) => total + report[key], 0);
  return { passed: sum('numPassedTests'), failed: sum('numFailedTests') };
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(join(folder, file), 'utf8'));
  } catch {
    return { numPassedTests: 0, numFailedTests: 1 };
  }
}

const results = stages.map((stage) => {
  const [name, status, seconds] = stage.split(':');
  const { passed, failed } = counts(name);
  const broke = status !== '0' || passed + failed === 0;
  return { name, status, seconds, passed, failed: broke ? Math.max(failed, 1) : failed };
});

const row = (cells) =>
  cells
    .map((cell) => String(cell).padEnd(8))
    .join('')
    .trimEnd();
console.log(`\n${row(['stage', 'seconds', 'passed', 'failed', 'exit'])}`);
for (const { name, seconds, passed, failed, status } of results) {
  console.log(row([name, seconds, passed, failed, status]));
}

const total = (key) => results.reduce((sum, result) => sum + result[key], 0);
const failed = total('failed');
console.log(`\n${total('passed')} passed, ${failed} failed`);
process.exitCode = failed === 0 && results.length > 0 ? 0 : 1;
