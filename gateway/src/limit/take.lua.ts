import { EPOCH_SECONDS, ROUNDING } from './gcra.ts';

// One call's limits, judged and consumed in one atomic step by Redis' own clock, so that gateways with other clocks agree.
// The arithmetic is that of gcra.ts; what is returned is each key's debt before the call, from which decide() says the rest.
//
// The same call reads what was revoked since this gateway's last one: 0 if nothing, no entry at all if there is no stream.
//
// KEYS: a key per limit, the stream of revocations, the id of its newest entry. ARGV: the cost, then quota and window in
// microseconds per limit, and the last entry of the stream that was read.
export const TAKE_SCRIPT = `
local clock = redis.call('TIME')
local now = (clock[1] - ${EPOCH_SECONDS}) * 1000000 + clock[2]
local cost = tonumber(ARGV[1])
local debts, paid_off = {}, {}
local allowed = true
local limits = #KEYS - 2
for i = 1, limits do
  local key = KEYS[i]
  local quota, window = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  local interval = window / quota
  local debt = (tonumber(redis.call('GET', key)) or now) - now
  debt = math.floor(math.min(math.max(0, debt), window))
  local after = debt + interval * math.min(cost, quota)
  if after > window + interval / 2 + ${ROUNDING} then allowed = false end
  debts[i] = debt
  paid_off[i] = now + after
end
local last_read, revoked = ARGV[#ARGV], 0
if redis.call('GET', KEYS[#KEYS]) ~= last_read then
  revoked = redis.call('XRANGE', KEYS[#KEYS - 1], last_read, '+')
end
if allowed then
  for i = 1, limits do
    local left = math.ceil((paid_off[i] - now) / 1000)
    if left > 0 then redis.call('SET', KEYS[i], string.format('%.17g', paid_off[i]), 'PX', left) end
  end
end
return {debts, revoked}
`;
