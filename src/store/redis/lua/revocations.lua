-- Adds revocations to a list, and reads those that were added since the caller read last.
--
-- KEYS: the revocations by position, the same by their end. ARGV: the tag of the call, the position after which the caller
-- reads, how many it reads, then each revocation to add, as the bytes that `src/store/redis/revocations.rs` describes.
-- Reply: tag, the position of the last revocation that follows, then the revocations.
--
-- A position is the time in microseconds, or one more than the last position. So a server that has lost its last writes
-- does not give the positions of what it has lost to others.

local time = redis.call('TIME')
local now = tonumber(time[1])

if #ARGV > 3 then
  local last = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
  local position = math.max(now * 1000000 + tonumber(time[2]), (tonumber(last) or 0) + 1)
  local added = 0
  for number = 4, #ARGV do
    local entry = ARGV[number]
    if not redis.call('ZSCORE', KEYS[1], entry) then
      redis.call('ZADD', KEYS[1], string.format('%.0f', position + added), entry)
      redis.call('ZADD', KEYS[2], string.format('%.0f', struct.unpack('>I8', entry, 26)), entry)
      added = added + 1
    end
  end
  if added > 0 then redis.call('PUBLISH', KEYS[1], '') end
end

-- Tokens that have expired need no revocation.
for _, entry in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 100)) do
  redis.call('ZREM', KEYS[1], entry)
  redis.call('ZREM', KEYS[2], entry)
end

local found = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[2], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[3])
local reply = {ARGV[1], ARGV[2]}
for number = 1, #found, 2 do
  reply[#reply + 1] = found[number]
  reply[2] = string.format('%.0f', tonumber(found[number + 1]))
end
return reply
