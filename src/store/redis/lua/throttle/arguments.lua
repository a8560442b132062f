-- The rules of `src/store/throttle` in Lua. A test runs the same histories through both and compares the bytes of every
-- record. Change both together. The functions have the names of those in Rust.
--
-- KEYS: the records that the attempt touches, and the tables of their parts.
--
-- ARGV, from 1: the tag of the call; the step: reserve, success, undone, mark or unlock; the kind of each key, one
-- letter each; the time in milliseconds, or nothing for the server's own;
-- from 5, the limits of unfamiliar locations: failures, period, share, lockout or 0;
-- from 9, of familiar locations: failures, refill and memory in seconds;
-- from 12: failures and period of a subscriber, failures and period of a subnet;
-- from 16: location, tag of the password and tag of the subnet, or nothing;
-- from 19, for a settlement: when it was reserved, the decision then, failures to credit to the network, and the kinds
-- that it counted in shared slots;
-- from 23: for how many accounts a part has room, and as many networks.
--
-- The kinds of keys: f(amiliar locations), s(ubscriber), (sub)n(et), u(nfamiliar locations); the table of accounts `a`
-- and its slots `b`, the table of networks `w` and its slots `y`.
--
-- Reply: the tag, the time, the kinds that are counted in shared slots, and the decision. After `wait` follow the
-- milliseconds and the budget. After `counted` follow whether it exhausts the budget, and whether it locks out. After
-- `settled`, the decision of a settlement, follow the failures that the network gets back. The decision `corrupt` means
-- that a record cannot be read. Then no record is written.

local HOUR, DAY, MOST = 3600, 86400, 4294967295
-- A record that lives longer than this many milliseconds, 31,000 years, gets no time to live.
local FOREVER = 1e15
-- How long a record lives that time does not end.
local NEVER = math.huge

local step, kinds = ARGV[2], ARGV[3]
local location, password, subnet_tag = ARGV[16], ARGV[17], ARGV[18]
local at, reserved_as, credits = tonumber(ARGV[19]), ARGV[20], tonumber(ARGV[21])
local was_shared, room = ARGV[22], tonumber(ARGV[23])
local unfamiliar_limit = {
  failures = tonumber(ARGV[5]), every = tonumber(ARGV[6]), share = tonumber(ARGV[7]), lockout = tonumber(ARGV[8]),
}
local familiar_limit = {failures = tonumber(ARGV[9]), refill = tonumber(ARGV[10]), memory = tonumber(ARGV[11])}
local subscriber_limit = {failures = tonumber(ARGV[12]), every = tonumber(ARGV[13])}
local subnet_limit = {failures = tonumber(ARGV[14]), every = tonumber(ARGV[15])}

local now = tonumber(ARGV[4])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
local now_seconds = math.min(math.floor(now / 1000), MOST)

local function since(past, present)
  return math.max(present - past, 0)
end

local function minus(number, less)
  return math.max(number - less, 0)
end

-- The keys by their kinds.
local keys = {}
for number, key in ipairs(KEYS) do keys[string.sub(kinds, number, number)] = key end

local function put(key, bytes, left)
  if left < FOREVER then
    redis.call('SET', key, bytes, 'PX', string.format('%.0f', left))
  else
    redis.call('SET', key, bytes)
  end
end
