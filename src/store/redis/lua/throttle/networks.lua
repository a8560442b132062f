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

local function take_back_network(record, limit)
  for slot, counted in ipairs(record.moments) do record.moments[slot] = minus(counted, limit.every) end
end

local function give_back(record, limit, reserved)
  if record and since(reserved, now) < limit.every then take_back_network(record, limit) end
end

-- A credit would forgive attempts of the other networks in shared slots.
local function credit(record, limit)
  if record and not record.slots then take_back_network(record, limit) end
end
