import { BlockList, isIP } from 'node:net';

// Networks that a key may be used from, as `192.0.2.0/24` or `2001:db8::/32`; an address alone is a network of one.

interface Network {
  address: string;
  family: 'ipv4' | 'ipv6';
  prefix: number;
}

const BITS = { ipv4: 32, ipv6: 128 } as const;

function parse(text: string): Network | undefined {
  const [, address = '', given] = /^([0-9A-Fa-f.:]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0) return undefined;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const prefix = given === undefined ? BITS[family] : Number(given);
  return prefix > BITS[family] ? undefined : { address, family, prefix };
}

export const isNetwork = (text: string): boolean => parse(text) !== undefined;

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of networks) {
    const network = parse(text);
    if (network) list.addSubnet(network.address, network.prefix, network.family);
  }
  return list;
}

/** An address that is not known is in no network. */
export function isWithin(networks: readonly string[], address: string | undefined): boolean {
  const place = address === undefined ? undefined : parse(address);
  return place !== undefined && listOf(networks).check(place.address, place.family);
}

/** Whether each address of `inner` is in one network of `outer`. */
function isInside(inner: string, outer: string): boolean {
  const [small, large] = [parse(inner), parse(outer)];
  if (!small || !large || small.family !== large.family || small.prefix < large.prefix) return false;
  return isWithin([outer], small.address);
}

/** Those that none of the others holds as a whole. */
export const networksBeyond = (wanted: readonly string[], held: readonly string[]): string[] =>
  wanted.filter((inner) => !held.some((outer) => isInside(inner, outer)));
