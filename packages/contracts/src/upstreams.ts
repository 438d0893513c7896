/** The services behind the gateway: each is a folder of `apps`, and answers at `/trpc/<its name>`. */
export const UPSTREAMS = ['identity', 'tenancy', 'postgres'] as const;
export type UpstreamName = (typeof UPSTREAMS)[number];

// Their addresses are settings of whoever calls them, named after them: `IDENTITY_URL`, `IDENTITY_INTERNAL_URL`.

type SettingPrefix<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Uppercase<Head>}_${SettingPrefix<Tail>}`
  : Uppercase<Name>;
export type UrlSetting = `${SettingPrefix<UpstreamName>}_URL`;
export type InternalUrlSetting = `${SettingPrefix<UpstreamName>}_INTERNAL_URL`;

const prefixOf = (service: UpstreamName) =>
  service.toUpperCase().replaceAll('-', '_') as SettingPrefix<UpstreamName>;

export const urlSettingOf = (service: UpstreamName): UrlSetting => `${prefixOf(service)}_URL`;
export const internalUrlSettingOf = (service: UpstreamName): InternalUrlSetting =>
  `${prefixOf(service)}_INTERNAL_URL`;

function perUpstreamBy<Key extends string, Value>(
  keyFor: (service: UpstreamName) => Key,
  valueFor: (service: UpstreamName) => Value,
): Record<Key, Value> {
  const entries = UPSTREAMS.map((service) => [keyFor(service), valueFor(service)]);
  // Every key there is: `Key` is what UPSTREAMS maps to, which the compiler does not follow through entries.
  return Object.fromEntries(entries) as Record<Key, Value>;
}

export const perUpstream = <Value>(valueFor: (service: UpstreamName) => Value) =>
  perUpstreamBy((service) => service, valueFor);

export const urlSettings = <Value>(valueFor: (service: UpstreamName) => Value) =>
  perUpstreamBy(urlSettingOf, valueFor);

export const internalUrlSettings = <Value>(valueFor: (service: UpstreamName) => Value) =>
  perUpstreamBy(internalUrlSettingOf, valueFor);
