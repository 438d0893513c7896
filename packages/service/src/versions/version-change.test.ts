import { expect, test } from 'vitest';
import { routesOf } from '../rest/procedures.ts';
import { fixtureRouter } from '../testing/fixture-router.ts';
import { checkChanges, checkNotice, olderShapesOf, type VersionChange } from './version-change.ts';

const routes = routesOf(fixtureRouter);
const routeOf = (path: string, dialect = 'platform') => {
  const found = routes.find((facts) => facts.path === path && facts.route.dialect === dialect);
  if (!found) throw new Error(`no ${path} in the ${dialect} dialect`);
  return found;
};

/** Writes down that it was passed. */
const passing = (name: string, operations = ['thing.create']): VersionChange => ({
  date: '2026-11-01',
  operations,
  summary: name,
  up: (given) => ({ ...given, way: `${given.way ?? ''}${name}` }),
  down: (answer) => `${answer}${name}`,
  downDetails: (details) => ({ ...details, way: `${details.way ?? ''}${name}` }),
  patchDocument: (document) => document,
});

test('a request goes up through all changes since, the oldest first, and its answer down the other way', () => {
  const shapes = olderShapesOf(routeOf('thing.create'), [passing('a'), passing('b')]);
  const older = shapes.get('2024-01-01');
  expect(older?.up({ x: 1 })).toEqual({ x: 1, way: 'ab' });
  expect(older?.down('')).toBe('ba');
  expect(older?.downDetails({})).toEqual({ way: 'ba' });
});

test('who speaks the newest version passes nothing', () => {
  expect(olderShapesOf(routeOf('thing.create'), [passing('a')]).has('2026-11-01')).toBe(false);
});

test('an operation that no change names passes nothing, nor do the other dialects', () => {
  expect(olderShapesOf(routeOf('thing.list'), [passing('a')]).size).toBe(0);
  expect(olderShapesOf(routeOf('thing.create', 'organization'), [passing('a')]).size).toBe(0);
  expect(olderShapesOf(routeOf('thing.create', 'deployments'), [passing('a')]).size).toBe(0);
});

test('a change of what is not there does not start', () => {
  expect(() => checkChanges([passing('a', ['thing.create', 'thing.missing'])], routes)).toThrow(
    'thing.missing',
  );
  expect(() => checkChanges([passing('a', ['thing.offsets'])], routes)).toThrow('thing.offsets');
  expect(() => checkChanges([passing('a')], routes)).not.toThrow();
});

test('an operation that would end too soon does not start', () => {
  const facts = routeOf('thing.former');
  const deprecated = { since: '2026-01-01', sunset: '2026-06-30', successor: '/v1/things/once' } as const;
  expect(() => checkNotice([{ ...facts, meta: { ...facts.meta, deprecated } }])).toThrow('six months');
  expect(() => checkNotice(routes)).not.toThrow();
});
