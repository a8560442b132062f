-- Loads the records, takes the step, and saves them.

local KINDS = {
  f = {read = read_familiar, write = write_familiar, expires_in = familiar_expires_in, new = function()
    return {locations = {}, tried = {}, credited = false, seen = false}
  end},
  s = {read = read_network, write = write_network, expires_in = network_expires_in, new = function()
    return {moments = {0}}
  end},
  u = {read = read_unfamiliar, write = write_unfamiliar, expires_in = unfamiliar_expires_in, new = function()
    return {since = 0, last = 0, streak = 0, attempts = {}}
  end},
}
KINDS.n = KINDS.s

-- The records by their kinds, their keys, their bytes before the step, and the spans in which they were counted.
local records, keys, loaded, spans = {}, {}, {}, {}

-- Returns the bytes of a record without the number of its span, and that number.
local function without_span(bytes)
  if #bytes < 4 then return '' end
  return string.sub(bytes, 1, -5), (struct.unpack('>I4', bytes, #bytes - 3))
end

local function load(kind)
  local key, has_span = keys[kind], TABLE_OF[kind]
  local bytes = redis.call('GET', key)
  if not bytes then
    records[kind] = has_span and shared_record(kind, key) or KINDS[kind].new()
    return true
  end
  loaded[kind] = bytes
  if has_span then
    bytes, spans[kind] = without_span(bytes)
  end
  records[kind] = KINDS[kind].read(bytes)
  return records[kind] ~= nil
end

local function load_all(wanted)
  for kind in string.gmatch(wanted, '.') do
    if keys[kind] and not load(kind) then return false end
  end
  return true
end

-- Deletes a record in which nothing counts: that means the same as none.
local function delete(kind)
  if not loaded[kind] then return end
  redis.call('DEL', keys[kind])
  if spans[kind] then count_record(counted_table(TABLE_OF[kind]), spans[kind], nil) end
end

-- Writes a record, if it has changed.
local function save(kind, record)
  local key, left = keys[kind], KINDS[kind].expires_in(record)
  if left <= 0 then return delete(kind) end
  local bytes, counted, span = KINDS[kind].write(record), nil, nil
  if TABLE_OF[kind] then
    counted = counted_table(TABLE_OF[kind])
    span = span_of(counted, left)
    bytes = bytes .. struct.pack('>I4', span)
  end
  if bytes == loaded[kind] then return end
  if left < FOREVER then
    redis.call('SET', key, bytes, 'PX', string.format('%.0f', left))
  else
    redis.call('SET', key, bytes)
  end
  if span ~= spans[kind] then count_record(counted, spans[kind], span) end
end

local function save_all()
  for kind, record in pairs(records) do
    if record.slots then
      write_slots(counted_table(TABLE_OF[kind]), record.slots, record.moments)
    else
      save(kind, record)
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
local function apply_success(gives_credit, owner_seen)
  local owed = gives_credit and records.u and repay(records.u) or 0
  for _ = 1, owed + credits do
    credit(records.s, subscriber_limit)
    credit(records.n, subnet_limit)
  end
  if owner_seen and records.u then records.u.streak = 0 end
  return owed
end

-- Most logins come from a familiar location, and then touch no other record.
local function success()
  local gives_credit, owner_seen = false, false
  if records.f then gives_credit, owner_seen = success_familiar(records.f) end
  local touches_others = reserved_as ~= 'admitted' or gives_credit or owner_seen or credits > 0
  if not touches_others then return {'settled', 0} end
  if not load_all('snu') then return nil end
  if reserved_as ~= 'admitted' then
    return_to_network(at)
    if records.u then
      take_back_unfamiliar(records.u, true)
      records.u.streak = 0
    end
  end
  return {'settled', apply_success(gives_credit, owner_seen)}
end

local function undone()
  if reserved_as == 'admitted' then
    if records.f then take_back_familiar(records.f, false) end
    return {'settled', 0}
  end
  if not load_all('snu') then return nil end
  return_to_network(at)
  if reserved_as == 'counted' and records.u then take_back_unfamiliar(records.u, false) end
  return {'settled', 0}
end

local function mark()
  if not load_all('snu') then return nil end
  local owed = apply_success(false, true)
  if records.f then mark_familiar(records.f) end
  return {'settled', owed}
end

local function unlock()
  if not load_all('u') then return nil end
  if records.u then records.u = KINDS.u.new() end
  return {'settled', 0}
end

local function reserve()
  if records.f and reserve_familiar(records.f) then return {'admitted'} end
  return load_all('snu') and reserve_touched()
end

local function shared_kinds()
  local kinds_in_slots = ''
  for kind, record in pairs(records) do
    if record.slots then kinds_in_slots = kinds_in_slots .. kind end
  end
  return kinds_in_slots
end

for number, key in ipairs(KEYS) do
  local kind = string.sub(kinds, number, number)
  if KINDS[kind] then
    keys[kind] = key
  elseif tables[kind] then
    tables[kind].key = key
  else
    tables[kind == 'b' and 'a' or 'w'].slots_key = key
  end
end
local steps = {reserve = reserve, success = success, undone = undone, mark = mark, unlock = unlock}
local decision = load_all('f') and steps[step]()
if not decision then return {ARGV[1], now, '', 'corrupt'} end
save_all()
return {ARGV[1], now, shared_kinds(), unpack(decision)}
