import type { BreakingChange, BreakingKind } from './breaking-changes.ts';
import { isObject, type JsonObject, listIn, objectIn, resolve } from './json.ts';

// Two JSON schemas of one place. What callers send must still be taken; what they get must still be what they know.

export type Direction = 'request' | 'answer';

export interface Placed {
  document: JsonObject;
  schema: unknown;
}

const LOWER_BOUNDS = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'];
const UPPER_BOUNDS = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'];
const FORMS = ['pattern', 'format', 'multipleOf', 'uniqueItems'];

export function schemaChanges(
  direction: Direction,
  where: string,
  before: Placed,
  after: Placed,
  seen: ReadonlySet<unknown> = new Set(),
): BreakingChange[] {
  const was = resolve(before.document, before.schema);
  const is = resolve(after.document, after.schema);
  // Only a reference can lead back to where it is.
  const ref = isObject(before.schema) ? before.schema.$ref : undefined;
  if (ref !== undefined && seen.has(ref)) return [];
  const deeper = ref === undefined ? seen : new Set([...seen, ref]);
  const within = (place: string, left: unknown, right: unknown) =>
    schemaChanges(
      direction,
      place,
      { document: before.document, schema: left },
      { document: after.document, schema: right },
      deeper,
    );
  const change = (kind: BreakingKind, place = where): BreakingChange => ({ kind, where: place });

  if (optionsOf(was) || optionsOf(is)) return unionChanges(optionsOf(was) ?? [was], optionsOf(is) ?? [is]);
  if (!fits(direction, typesOf(was), typesOf(is))) return [change('type changed')];
  return [
    ...valueChanges(),
    ...(direction === 'request' ? ruleChanges() : formatChanges()),
    ...fieldChanges(),
    ...(isObject(was.items) && isObject(is.items) ? within(`${where}[]`, was.items, is.items) : []),
    ...(isObject(was.additionalProperties) && isObject(is.additionalProperties)
      ? within(`${where}.*`, was.additionalProperties, is.additionalProperties)
      : []),
  ];

  /** Of a request, each former option must still be taken; of an answer, each new one must have been known. */
  function unionChanges(were: readonly unknown[], are: readonly unknown[]): BreakingChange[] {
    const isRequest = direction === 'request';
    const [mustFit, choices] = isRequest ? [were, are] : [are, were];
    return mustFit.flatMap((option, i) => {
      const compared = choices.map((choice) =>
        isRequest ? within(where, option, choice) : within(where, choice, option),
      );
      if (compared.some((changes) => changes.length === 0)) return [];
      return compared[i] ?? [change('type changed')];
    });
  }

  function valueChanges(): BreakingChange[] {
    const values = valuesOf(was);
    const left = valuesOf(is);
    if (!left) return [];
    if (!values) return direction === 'request' ? [change('rule added', `${where} enum`)] : [];
    return values
      .filter((value) => !left.includes(value))
      .map((value) => change('value removed', `${where} ${JSON.stringify(value)}`));
  }

  function ruleChanges(): BreakingChange[] {
    const isTighter = (rule: string, sign: 1 | -1) => {
      const now = is[rule];
      const then = was[rule];
      if (typeof now !== 'number') return false;
      if (typeof then === 'number') return (now - then) * sign > 0;
      return !(rule.startsWith('min') && rule !== 'minimum' && now === 0);
    };
    const isClosed = is.additionalProperties === false && was.additionalProperties !== false;
    return [
      ...LOWER_BOUNDS.filter((rule) => isTighter(rule, 1)),
      ...UPPER_BOUNDS.filter((rule) => isTighter(rule, -1)),
      ...FORMS.filter((rule) => is[rule] !== undefined && is[rule] !== false && is[rule] !== was[rule]),
      ...(isClosed ? ['additionalProperties'] : []),
    ].map((rule) => change('rule added', `${where} ${rule}`));
  }

  function formatChanges(): BreakingChange[] {
    return was.format === is.format || was.format === undefined
      ? []
      : [change('type changed', `${where} format`)];
  }

  function fieldChanges(): BreakingChange[] {
    const [fields, now] = [objectIn(was, 'properties'), objectIn(is, 'properties')];
    const [required, mustNow] = [listIn(was, 'required'), listIn(is, 'required')];
    const changes: BreakingChange[] = [];
    for (const [name, field] of Object.entries(fields)) {
      const place = `${where}.${name}`;
      if (!(name in now)) {
        changes.push(change(direction === 'request' ? 'parameter removed' : 'answer field removed', place));
        continue;
      }
      if (direction === 'request' && mustNow.includes(name) && !required.includes(name))
        changes.push(change('parameter became required', place));
      if (direction === 'answer' && required.includes(name) && !mustNow.includes(name))
        changes.push(change('answer field removed', `${place} (it may be left out)`));
      changes.push(...within(place, field, now[name]));
    }
    if (direction === 'answer') return changes;
    const added = mustNow.filter((name) => !(String(name) in fields));
    return [...changes, ...added.map((name) => change('required parameter added', `${where}.${name}`))];
  }
}

function optionsOf(schema: JsonObject): readonly unknown[] | undefined {
  const options = schema.anyOf ?? schema.oneOf;
  return Array.isArray(options) ? options : undefined;
}

function valuesOf(schema: JsonObject): readonly unknown[] | undefined {
  if ('const' in schema) return [schema.const];
  return Array.isArray(schema.enum) ? schema.enum : undefined;
}

/** Undefined: any. */
function typesOf({ type }: JsonObject): readonly unknown[] | undefined {
  if (type === undefined) return undefined;
  return Array.isArray(type) ? type : [type];
}

function fits(direction: Direction, was: readonly unknown[] | undefined, is: readonly unknown[] | undefined) {
  const [narrow, wide] = direction === 'request' ? [was, is] : [is, was];
  if (!wide) return true;
  if (!narrow) return false;
  return narrow.every((type) => wide.includes(type) || (type === 'integer' && wide.includes('number')));
}
