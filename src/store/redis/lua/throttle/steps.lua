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

-- The records by their kinds, their keys, their bytes before the step, and how long they would have lived without it.
local records, keys, loaded, lived = {}, {}, {}, {}

local function load(kind)
  local key = keys[kind]
  local bytes = redis.call('GET', key)
  local shared = not bytes and TABLE_OF[kind] and shared_record(kind, key)
  if shared then
    records[kind] = shared
    return true
  end
  local record = KINDS[kind].new()
  if bytes then record = KINDS[kind].read(bytes) end
  if not record then return false end
  records[kind], loaded[kind], lived[kind] = record, bytes, KINDS[kind].expires_in(record)
  return true
end

local function load_all(wanted)
  for kind in string.gmatch(wanted, '.') do
    if keys[kind] and not load(kind) then return false end
  end
  return true
end

-- Writes a record that has changed, and returns how much longer it lives. A record in which nothing counts means the same
-- as none.
local function save(kind, record)
  local key, left = keys[kind], KINDS[kind].expires_in(record)
  if left <= 0 then
    if loaded[kind] then redis.call('DEL', key) end
  else
    local bytes = KINDS[kind].write(record)
    if bytes ~= loaded[kind] then
      if left < FOREVER then
        redis.call('SET', key, bytes, 'PX', string.format('%.0f', left))
      else
        redis.call('SET', key, bytes)
      end
    end
  end
  return counted_life(kind, left) - counted_life(kind, lived[kind])
end

local function save_all()
  local longer = {a = 0, w = 0}
  for kind, record in pairs(records) do
    local table_name = TABLE_OF[kind]
    if record.slots then
      set_moments(tables[table_name], record.slots, record.moments)
    else
      local difference = save(kind, record)
      if table_name then longer[table_name] = longer[table_name] + difference end
    end
  end
  for table_name, difference in pairs(longer) do raise_level(table_name, difference) end
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
  if KINDS[kind] then keys[kind] = key else tables[kind] = key end
end
local steps = {reserve = reserve, success = success, undone = undone, mark = mark, unlock = unlock}
local decision = load_all('f') and steps[step]()
if not decision then return {ARGV[1], now, '', 'corrupt'} end
save_all()
return {ARGV[1], now, shared_kinds(), unpack(decision)}
