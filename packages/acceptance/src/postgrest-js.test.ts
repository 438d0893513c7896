import { beforeAll, describe, expect, test } from 'vitest';
import { createShop, newWorkspace, postgrestOf } from './workspace.ts';

// The client that Supabase publishes, unmodified, against the rows of a workspace. What it is answered is what PostgREST would.

let rows: Awaited<ReturnType<typeof postgrestOf>>;

beforeAll(async () => {
  const { workspaceId } = await newWorkspace();
  await createShop(workspaceId);
  rows = await postgrestOf(workspaceId);
  await rows
    .from('customers')
    .insert([
      {
        name: 'Ada',
        email: 'ada@example.com',
        profile: { city: 'London', langs: ['en', 'fr'] },
        tags: ['vip'],
      },
      { name: 'Grace', email: 'grace@example.com', profile: { city: 'New York' }, tags: ['vip', 'navy'] },
      { name: 'Linus', email: null, profile: null, tags: null },
    ])
    .throwOnError();
  await rows
    .from('invoices')
    .insert([
      { customer: 1, total: 12.5, status: 'open' },
      { customer: 1, total: 99, status: 'paid' },
      { customer: 2, total: 7, status: 'open' },
    ])
    .throwOnError();
  await rows
    .from('lines')
    .insert([
      { invoice: 1, item: 'Ink', quantity: 2 },
      { invoice: 1, item: 'Paper', quantity: 5 },
      { invoice: 2, item: 'Engine', quantity: 1 },
    ])
    .throwOnError();
});

const names = ({ data, error }: { data: { name: string }[] | null; error: unknown }) => {
  expect(error).toBeNull();
  return data?.map(({ name }) => name);
};

describe('filters', () => {
  const customers = () => rows.from('customers').select('name').order('id');

  test.each([
    ['eq', () => customers().eq('name', 'Ada'), ['Ada']],
    ['neq', () => customers().neq('name', 'Ada'), ['Grace', 'Linus']],
    ['gt and lte', () => customers().gt('id', 1).lte('id', 2), ['Grace']],
    ['like', () => customers().like('name', '%a%'), ['Ada', 'Grace']],
    ['ilike', () => customers().ilike('name', 'A%'), ['Ada']],
    ['likeAnyOf', () => customers().likeAnyOf('name', ['A%', 'L%']), ['Ada', 'Linus']],
    ['is null', () => customers().is('email', null), ['Linus']],
    ['in', () => customers().in('name', ['Ada', 'Linus', 'No, one']), ['Ada', 'Linus']],
    ['contains an element', () => customers().contains('tags', ['navy']), ['Grace']],
    ['contains json', () => customers().contains('profile', { city: 'London' }), ['Ada']],
    ['overlaps', () => customers().overlaps('tags', ['vip', 'x']), ['Ada', 'Grace']],
    ['not', () => customers().not('email', 'is', null), ['Ada', 'Grace']],
    ['or', () => customers().or('name.eq.Ada,and(id.gt.2,email.is.null)'), ['Ada', 'Linus']],
    ['a path into json', () => customers().eq('profile->>city', 'New York'), ['Grace']],
    ['match', () => customers().match({ name: 'Ada', id: 1 }), ['Ada']],
    ['full text', () => customers().textSearch('name', 'grace'), ['Grace']],
    ['regular expression', () => customers().filter('name', 'match', '^L'), ['Linus']],
  ])('%s', async (_, query, expected) => {
    expect(names(await query())).toEqual(expected);
  });
});

describe('select', () => {
  test('columns by other names, casts and paths', async () => {
    const { data } = await rows
      .from('customers')
      .select('who:name,id::text,city:profile->>city,profile->langs->>0')
      .eq('id', 1);
    expect(data).toEqual([{ who: 'Ada', id: '1', city: 'London', langs: 'en' }]);
  });

  test('order, limit and range', async () => {
    expect(
      names(await rows.from('customers').select('name').order('name', { ascending: false }).limit(2)),
    ).toEqual(['Linus', 'Grace']);
    expect(names(await rows.from('customers').select('name').order('id').range(1, 1))).toEqual(['Grace']);
    expect(
      names(await rows.from('customers').select('name').order('email', { nullsFirst: true }).limit(1)),
    ).toEqual(['Linus']);
  });

  test('one row, or why not', async () => {
    expect((await rows.from('customers').select('name').eq('id', 2).single()).data).toEqual({
      name: 'Grace',
    });
    expect((await rows.from('customers').select().eq('id', 99).maybeSingle()).data).toBeNull();
    expect((await rows.from('customers').select().eq('id', 99).single()).status).toBe(404);
    expect((await rows.from('customers').select().single()).status).toBe(409);
  });

  test('counts, with rows and without', async () => {
    const counted = await rows.from('customers').select('*', { count: 'exact' }).limit(1);
    expect([counted.count, counted.data?.length]).toEqual([3, 1]);
    const { count, data } = await rows.from('customers').select('*', { count: 'exact', head: true });
    expect([count, data]).toEqual([3, null]);
  });

  test('CSV', async () => {
    const { data } = await rows.from('customers').select('id,name').order('id').csv();
    expect(data?.trimEnd().split('\r\n')).toEqual(['id,name', '1,Ada', '2,Grace', '3,Linus']);
  });
});

describe('embedding', () => {
  test('the one and the many', async () => {
    const { data } = await rows
      .from('invoices')
      .select('total,customers(name),lines(item)')
      .eq('id', 1)
      .order('id', { referencedTable: 'lines' });
    expect(data).toEqual([
      { total: 12.5, customers: { name: 'Ada' }, lines: [{ item: 'Ink' }, { item: 'Paper' }] },
    ]);
  });

  test('filtered, limited, by another name, and several levels deep', async () => {
    const { data } = await rows
      .from('customers')
      .select('name,open:invoices!inner(id,lines(item))')
      .eq('open.status', 'open')
      .limit(1, { referencedTable: 'open.lines' })
      .order('id');
    expect(data).toEqual([
      { name: 'Ada', open: [{ id: 1, lines: [{ item: 'Ink' }] }] },
      { name: 'Grace', open: [{ id: 3, lines: [] }] },
    ]);
  });

  test('what no foreign key leads to is told', async () => {
    const { status, error } = await rows.from('customers').select('name,lines(item)');
    expect([status, JSON.stringify(error)]).toEqual([400, expect.stringContaining('RELATIONSHIP_NOT_FOUND')]);
  });
});

describe('changes', () => {
  test('insert, and what comes back', async () => {
    const minimal = await rows.from('invoices').insert({ customer: 3, total: 1 });
    expect([minimal.status, minimal.data]).toEqual([201, null]);
    const { data } = await rows
      .from('invoices')
      .insert({ customer: 3, total: 2 })
      .select('total,status,customers(name)')
      .single();
    expect(data).toEqual({ total: 2, status: 'open', customers: { name: 'Linus' } });
  });

  test('upsert, merging and ignoring', async () => {
    const ada = { name: 'Ada Lovelace', email: 'ada@example.com' };
    const merged = await rows.from('customers').upsert(ada, { onConflict: 'email' }).select('id,name');
    expect(merged.data).toEqual([{ id: 1, name: 'Ada Lovelace' }]);
    const ignored = await rows
      .from('customers')
      .upsert({ ...ada, name: 'Nobody' }, { onConflict: 'email', ignoreDuplicates: true })
      .select();
    expect(ignored.data).toEqual([]);
    await rows.from('customers').update({ name: 'Ada' }).eq('id', 1).throwOnError();
  });

  test('update and delete what a filter finds', async () => {
    const { data: made } = await rows
      .from('invoices')
      .insert({ customer: 2, total: 5 })
      .select('id')
      .single();
    const id = made?.id;
    const updated = await rows.from('invoices').update({ status: 'void' }).eq('id', id).select('status');
    expect(updated.data).toEqual([{ status: 'void' }]);
    const removed = await rows.from('invoices').delete({ count: 'exact' }).eq('id', id);
    expect([removed.status, removed.count]).toEqual([204, 1]);
    expect((await rows.from('invoices').select().eq('id', id)).data).toEqual([]);
  });

  test('nothing is changed without a filter', async () => {
    const { status, error } = await rows.from('invoices').delete();
    expect([status, JSON.stringify(error)]).toEqual([400, expect.stringContaining('FILTER_REQUIRED')]);
    expect((await rows.from('invoices').update({ total: 0 })).status).toBe(400);
  });

  test('a conflict names what it is with, and no value', async () => {
    const { status, error } = await rows.from('customers').insert({ name: 'A', email: 'ada@example.com' });
    expect(status).toBe(409);
    expect(JSON.stringify(error)).toContain('UNIQUE_VIOLATION');
    expect(JSON.stringify(error)).not.toContain('ada@example.com');
    const missing = await rows.from('customers').insert({ email: 'x@example.com' });
    expect([missing.status, JSON.stringify(missing.error)]).toEqual([422, expect.stringContaining('name')]);
    expect((await rows.from('invoices').insert({ customer: 999, total: 1 })).status).toBe(409);
  });
});

test('aggregates group by what else is selected', async () => {
  const { data } = await rows
    .from('invoices')
    .select('status,total.sum(),count()')
    .in('id', [1, 2, 3])
    .order('status');
  expect(data).toEqual([
    { status: 'open', sum: 19.5, count: 2 },
    { status: 'paid', sum: 99, count: 1 },
  ]);
});
