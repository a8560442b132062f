-- The records of subscribers and subnets. A record has one moment. Shared slots have four: see `room.lua`.

local function read_network(bytes)
  if #bytes ~= 9 or string.byte(bytes) ~= 1 then return nil end
  return {moments = {(struct.unpack('>I8', bytes, 2))}}
end

local function write_network(record)
  return '\1' .. struct.pack('>I8', record.moments[1])
end

local function network_expires_in(record)
  return since(now, record.moments[1])
end

local function reserve_network(record, limit)
  local moment = math.max(math.min(unpack(record.moments)), now) + limit.every
  local wait = moment - now - limit.every * limit.failures
  if wait > 0 then return wait end
  for slot, counted in ipairs(record.moments) do record.moments[slot] = math.max(counted, now) + limit.every end
end

local function take_back_network(record, time)
  for slot, counted in ipairs(record.moments) do record.moments[slot] = minus(counted, time) end
end

-- In shared slots, others may have counted on after this attempt. A slot that was idle before it would forgive them the
-- time since then. So it gives back only the time that is left.
local function give_back(record, limit, reserved)
  local left = limit.every - since(reserved, now)
  if record and left > 0 then take_back_network(record, record.slots and left or limit.every) end
end

-- A credit would forgive attempts of the other networks in shared slots.
local function credit(record, limit)
  if record and not record.slots then take_back_network(record, limit.every) end
end
