-- Claims one use of a key.
--
-- KEYS: the epoch of this part of the store, the claimed key, the holders of keys in this part.
-- ARGV: the tag of the call, the epoch that the caller knows, the number of the use, the time to live in milliseconds, the
-- slot of the holder, the holder's window in milliseconds, and how much of it a new key takes.
-- Reply: tag, and one of `first`, `used`, `epoch` (the part has another epoch), `share` (the holder has its share).

local tag, number, ttl = ARGV[1], ARGV[3], tonumber(ARGV[4])
local epoch = redis.call('GET', KEYS[1])
if not epoch or string.sub(epoch, 1, 16) ~= ARGV[2] then
  return {tag, 'epoch'}
end

-- A promoted replica has the epoch of its primary, but may lack claims. Its `master_replid` is new, and so is that of a
-- restarted server. The connection may hide both: that of a cluster, or of a proxy, stays open. So each claim compares it.
-- `epoch.lua` describes the value. Without the permission to call INFO, this step leaves the matter to the looks.
local replication = string.match(epoch, '^[^:]*:([^:]+)', 17)
if replication then
  local info = redis.pcall('INFO', 'replication')
  local field = '\nmaster_replid:'
  local is_same = type(info) ~= 'string' or string.find(info, field .. replication, 1, true)
  if not is_same and string.find(info, field, 1, true) then
    return {tag, 'epoch'}
  end
end

local left = redis.call('PTTL', KEYS[2])
if left < 0 then
  -- A new key. The holder's moment is that at which all of its keys are forgiven, as in the generic cell rate algorithm.
  -- A holder has one moment for keys of all times to live, so that it has its share only once.
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
