-- Claims one use of a key.
--
-- KEYS: the epoch of this part of the store, the claimed key, the holders of keys in this part.
-- ARGV: the tag of the call, the epoch that the caller knows, the number of the use, the time to live in milliseconds, the
-- slot of the holder, the holder's window in milliseconds, and how much of it a new key takes.
-- Reply: tag, and one of `first`, `used`, `epoch` (the part has another epoch), `share` (the holder has its share).

local tag, number, ttl = ARGV[1], ARGV[3], tonumber(ARGV[4])
if redis.call('GETRANGE', KEYS[1], 0, 15) ~= ARGV[2] then
  return {tag, 'epoch'}
end

local left = redis.call('PTTL', KEYS[2])
if left < 0 then
  -- A new key. The holder's moment is that at which all of its keys are forgiven, as in the generic cell rate algorithm.
  local slot, window, cost = '#' .. ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7])
  local time = redis.call('TIME')
  local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  local moment = redis.call('BITFIELD', KEYS[3], 'GET', 'i64', slot)[1]
  moment = math.max(moment, now) + cost
  if moment - now > window then
    return {tag, 'share'}
  end
  redis.call('BITFIELD', KEYS[3], 'SET', 'i64', slot, string.format('%.0f', moment))
end

local used = redis.call('SETBIT', KEYS[2], number, 1)
if left < ttl then
  redis.call('PEXPIRE', KEYS[2], ARGV[4])
end
return {tag, used == 1 and 'used' or 'first'}
