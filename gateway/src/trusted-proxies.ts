import { BlockList, isIP } from 'node:net';

// Who speaks to us is the peer's address, unless the peer is a proxy that the operator trusts: then it is the last
// address in X-Forwarded-For that is not such a proxy. Anything further left is the stranger's own claim.

export interface TrustedProxies {
  has(address: string): boolean;
  clientOf(peer: string, forwardedFor: string | undefined): string;
}

const MAPPED_IPV4 = '::ffff:';

export const plainAddress = (address: string): string =>
  address.startsWith(MAPPED_IPV4) ? address.slice(MAPPED_IPV4.length) : address;

export function createTrustedProxies(cidrs: readonly string[]): TrustedProxies {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [network = '', bits] = cidr.split('/');
    const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
    list.addSubnet(network, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family);
  }
  const none = cidrs.length === 0;

  function has(address: string): boolean {
    if (none) return false;
    const family = isIP(address);
    return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
  }

  return {
    has,
    clientOf(peer, forwardedFor) {
      if (forwardedFor === undefined || !has(peer)) return peer;
      const chain = forwardedFor.split(',').map((address) => plainAddress(address.trim()));
      const nearest = chain.findLast((address) => !has(address));
      return nearest !== undefined && isIP(nearest) !== 0 ? nearest : peer;
    },
  };
}
