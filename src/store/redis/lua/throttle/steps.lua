-- Loads the other records, takes the step, and saves them.

local KINDS = {
  s = {read = read_network, write = write_network, expires_in = network_expires_in, new = function()
    return {moments = {0}}
  end},
  u = {read = read_unfamiliar, write = write_unfamiliar, expires_in = unfamiliar_expires_in, new = function()
    return {since = 0, last = 0, streak = 0, attempts = {}}
  end},
}
KINDS.n = KINDS.s

-- The records by their kinds, their bytes before the step, and the spans in which they were counted.
local records, loaded, spans = {}, {}, {}

-- Returns the bytes of a record without the number of its span, and that number.
local function without_span(bytes)
  if #bytes < 4 then return '' end
  return string.sub(bytes, 1, -5), (struct.unpack('>I4', bytes, #bytes - 3))
end

local function load(kind)
  local bytes = redis.call('GET', keys[kind])
  if not bytes then
    records[kind] = shared_record(kind, keys[kind]) or KINDS[kind].new()
    return true
  end
  local record
  record, spans[kind] = without_span(bytes)
  records[kind], loaded[kind] = KINDS[kind].read(record), bytes
  return records[kind] ~= nil
end

local function load_all(wanted)
  for kind in string.gmatch(wanted, '.') do
    if keys[kind] and not load(kind) then return false end
  end
  return true
end

-- Writes a record, if it has changed. A record in which nothing counts means the same as none.
local function save(kind, record)
  local key, left, span = keys[kind], KINDS[kind].expires_in(record), nil
  if left > 0 then
    span = span_of(counted_table(TABLE_OF[kind]), left)
    local bytes = KINDS[kind].write(record) .. struct.pack('>I4', span)
    if bytes == loaded[kind] then return end
    put(key, bytes, left)
  elseif loaded[kind] then
    redis.call('DEL', key)
  end
  if span ~= spans[kind] then count_record(counted_table(TABLE_OF[kind]), spans[kind], span) end
end

local function save_all()
  for kind, record in pairs(records) do
    if not record.slots then
      save(kind, record)
    elseif has_changed(record) then
      write_slots(counted_table(TABLE_OF[kind]), record.slots, record.moments)
    end
  end
end

local function return_to_network(reserved)
  give_back(records.s, subscriber_limit, reserved)
  give_back(records.n, subnet_limit, reserved)
end

local function reserve_touched()
  local wait = records.s and reserve_network(records.s, subscriber_limit)
  if wait then return {'wait', wait, 'subscriber'} end
  wait = records.n and reserve_network(records.n, subnet_limit)
  if wait then
    give_back(records.s, subscriber_limit, now)
    return {'wait', wait, 'subnet'}
  end
  if not records.u then return {'counted', 0, 0} end
  local decision = reserve_unfamiliar(records.u)
  if decision[1] == 'wait' or decision[1] == 'locked' then return_to_network(now) end
  return decision
end

-- Returns how many failures the network gets back because the owner has logged in at a new location.
local function apply_success()
  local owed = gives_credit and records.u and repay(records.u) or 0
  for _ = 1, owed + credits do
    credit(records.s, subscriber_limit)
    credit(records.n, subnet_limit)
  end
  if owner_seen and records.u then records.u.streak = 0 end
  return owed
end

local function success()
  if reserved_as ~= 'admitted' then
    return_to_network(at)
    if records.u then
      take_back_unfamiliar(records.u, true)
      records.u.streak = 0
    end
  end
  return {'settled', apply_success()}
end

local function undone()
  return_to_network(at)
  if reserved_as == 'counted' and records.u then take_back_unfamiliar(records.u, false) end
  return {'settled', 0}
end

local function mark()
  owner_seen = true
  return {'settled', apply_success()}
end

local function unlock()
  if records.u then records.u = KINDS.u.new() end
  return {'settled', 0}
end

local function shared_kinds()
  local kinds_in_slots = ''
  for kind, record in pairs(records) do
    if record.slots then kinds_in_slots = kinds_in_slots .. kind end
  end
  return kinds_in_slots
end

if not load_all('snu') then return {ARGV[1], now, '', 'corrupt'} end
local steps = {reserve = reserve_touched, success = success, undone = undone, mark = mark, unlock = unlock}
decision = steps[step]()
if familiar then save_familiar() end
save_all()
return {ARGV[1], now, shared_kinds(), unpack(decision)}
