-- Adds revocations to a list, and reads those that were added since the caller read last.
--
-- KEYS: the revocations by position, the same by their end. ARGV: the tag of the call, the position after which the caller
-- reads, how many it reads, how many revocations the list can hold, then each revocation to add, as the bytes that
-- `src/store/redis/revocations.rs` describes.
-- Reply: tag, the position of the last revocation that follows, how many had no place in the list, then the revocations.
--
-- A position is the time in microseconds, or one more than the last position. So a server that has lost its last writes
-- does not give the positions of what it has lost to others.

-- Fails if the server is a replica, or is out of memory. So a copy that was read is that of a server which still gets the
-- revocations of others.
redis.call('SET', KEYS[1] .. 'w', '', 'PX', 1000)

local time = redis.call('TIME')
local now = tonumber(time[1])
local micros = now * 1000000 + tonumber(time[2])

-- Tokens that have expired need no revocation.
for _, entry in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 100)) do
  redis.call('ZREM', KEYS[1], entry)
  redis.call('ZREM', KEYS[2], entry)
end

local last = tonumber(redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]) or 0
local places = tonumber(ARGV[4]) - redis.call('ZCARD', KEYS[1])
local position = math.max(micros, last + 1)
local added, refused = 0, 0
for number = 5, #ARGV do
  local entry = ARGV[number]
  if not redis.call('ZSCORE', KEYS[1], entry) then
    if added < places then
      redis.call('ZADD', KEYS[1], string.format('%.0f', position + added), entry)
      redis.call('ZADD', KEYS[2], string.format('%.0f', struct.unpack('>I8', entry, 26)), entry)
      added = added + 1
    else
      refused = refused + 1
    end
  end
end
-- A server that refuses the message has the revocations all the same, and the others read them twice a second.
if added > 0 then redis.pcall('PUBLISH', KEYS[1], '') end

-- A caller is ahead of the list only if the list was lost, or if the clock was set back. Then it reads all of it.
local from = tonumber(ARGV[2])
if from > last and from > micros then from = 0 end
from = string.format('%.0f', from)
local found = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. from, '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[3])
local reply = {ARGV[1], from, tostring(refused)}
for number = 1, #found, 2 do
  reply[#reply + 1] = found[number]
  reply[2] = string.format('%.0f', tonumber(found[number + 1]))
end
return reply
