-- The rules of `src/store/throttle` in Lua. A test runs the same histories through both and compares the bytes of every
-- record. Change both together. The functions have the names of those in Rust.
--
-- KEYS: the records that the attempt touches. ARGV, from 1: the tag of the call; the step: reserve, success, undone, mark
-- or unlock; the kind of each key, one letter each: f(amiliar), s(ubscriber), (sub)n(et), u(nfamiliar); the time in
-- milliseconds, or nothing for the server's own;
-- from 5, the limits of unfamiliar locations: failures, period, share, lockout or 0;
-- from 9, of familiar locations: failures, refill and memory in seconds;
-- from 12: failures and period of a subscriber, failures and period of a subnet;
-- from 16: location, tag of the password and tag of the subnet, or nothing;
-- from 19, for a settlement: when it was reserved, the decision then, and failures to credit to the network.
--
-- Reply: tag, the time, and the decision. For `wait` follow the milliseconds and the budget, for `counted` whether it
-- exhausts the budget and whether it locks out. A settlement has the decision `settled`, and then the failures that the
-- network gets back. A record that cannot be read has the decision `corrupt`, and nothing is written.

local HOUR, DAY, MOST = 3600, 86400, 4294967295
-- A record that lives longer than this many milliseconds, 31,000 years, gets no time to live.
local FOREVER = 1e15

local step, kinds = ARGV[2], ARGV[3]
local location, password, subnet_tag = ARGV[16], ARGV[17], ARGV[18]
local at, reserved_as, credits = tonumber(ARGV[19]), ARGV[20], tonumber(ARGV[21])
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

-- Networks ---------------------------------------------------------------------------------------------------------

local function read_network(bytes)
  if #bytes ~= 9 or string.byte(bytes) ~= 1 then return nil end
  return {moment = struct.unpack('>I8', bytes, 2)}
end

local function write_network(record)
  return '\1' .. struct.pack('>I8', record.moment), since(now, record.moment)
end

local function reserve_network(record, limit)
  local moment = math.max(record.moment, now) + limit.every
  local wait = moment - now - limit.every * limit.failures
  if wait > 0 then return wait end
  record.moment = moment
end

local function credit(record, limit)
  if record then record.moment = minus(record.moment, limit.every) end
end

local function give_back(record, limit, reserved)
  if record and since(reserved, now) < limit.every then credit(record, limit) end
end

-- Unfamiliar locations ---------------------------------------------------------------------------------------------

local function read_unfamiliar(bytes)
  if #bytes < 15 or string.byte(bytes) ~= 1 then return nil end
  local record, count = {attempts = {}}, nil
  record.since, record.last, record.streak, count = struct.unpack('>I8I4I1I1', bytes, 2)
  if #bytes ~= 15 + 7 * count then return nil end
  for number = 1, count do
    local start = 9 + 7 * number
    local flags, subnet = string.byte(bytes, start + 4), string.sub(bytes, start + 5, start + 6)
    local known = flags % 4 >= 2
    if flags > 7 or (not known and subnet ~= '\0\0') then return nil end
    record.attempts[number] = {
      tag = string.sub(bytes, start, start + 3), subnet = known and subnet, joined = flags % 2 == 1, repaid = flags >= 4,
    }
  end
  return record
end

local function is_locked_out(record)
  return unfamiliar_limit.lockout > 0 and record.streak >= unfamiliar_limit.lockout
end

local function rest(record)
  return unfamiliar_limit.every * 2 * record.streak
end

local function rested(record)
  return not is_locked_out(record) and now >= record.last * 1000 + rest(record)
end

local function forgiven(record)
  return math.floor(since(record.since, now) / unfamiliar_limit.every)
end

local function unfamiliar_expires_in(record)
  local held = #record.attempts
  if forgiven(record) >= held and (record.streak == 0 or rested(record)) then return 0 end
  if is_locked_out(record) then return FOREVER end
  local attempts_end = unfamiliar_limit.every * held + record.since
  local rest_end = record.streak == 0 and 0 or rest(record) + record.last * 1000
  return since(now, math.max(attempts_end, rest_end))
end

local function write_unfamiliar(record)
  local parts = {'\1', struct.pack('>I8I4I1I1', record.since, record.last, record.streak, #record.attempts)}
  for number, tried in ipairs(record.attempts) do
    local flags = (tried.joined and 1 or 0) + (tried.subnet and 2 or 0) + (tried.repaid and 4 or 0)
    parts[2 + number] = tried.tag .. string.char(flags) .. (tried.subnet or '\0\0')
  end
  return table.concat(parts), unfamiliar_expires_in(record)
end

local function forgive(record)
  local periods = forgiven(record)
  local kept = {}
  for number = periods + 1, #record.attempts do kept[#kept + 1] = record.attempts[number] end
  record.attempts = kept
  record.since = #kept == 0 and now or record.since + periods * unfamiliar_limit.every
  if #kept == 0 and rested(record) then record.streak = 0 end
end

local function until_forgiven(record, attempts)
  return since(now, record.since + unfamiliar_limit.every * attempts)
end

local function refuse(record)
  if is_locked_out(record) then return {'locked'} end
  if #record.attempts >= unfamiliar_limit.failures then
    return {'wait', until_forgiven(record, 1), 'unfamiliar'}
  end
  local held, oldest = 0, nil
  for number, tried in ipairs(record.attempts) do
    if tried.subnet and tried.subnet == subnet_tag then
      held, oldest = held + 1, oldest or number
    end
  end
  if held >= unfamiliar_limit.share then return {'wait', until_forgiven(record, oldest), 'share'} end
end

local function find_attempt(record)
  for number, tried in ipairs(record.attempts) do
    if tried.tag == password then return number end
  end
end

local function reserve_unfamiliar(record)
  forgive(record)
  local refused = refuse(record)
  if refused then return refused end
  local tried = find_attempt(record)
  if tried then
    record.attempts[tried].joined = true
    return {'repeated'}
  end
  table.insert(record.attempts, {tag = password, subnet = subnet_tag ~= '' and subnet_tag})
  if unfamiliar_limit.lockout > 0 then record.streak = math.min(record.streak + 1, 255) end
  record.last = now_seconds
  local exhausts = #record.attempts >= unfamiliar_limit.failures
  return {'counted', exhausts and 1 or 0, is_locked_out(record) and 1 or 0}
end

local function take_back_unfamiliar(record, even_joined)
  if since(at, now) >= unfamiliar_limit.every then return end
  local tried = find_attempt(record)
  if tried and (even_joined or not record.attempts[tried].joined) then
    table.remove(record.attempts, tried)
    record.streak = minus(record.streak, 1)
  end
end

local function repay(record)
  local owed = 0
  for _, tried in ipairs(record.attempts) do
    if tried.subnet and tried.subnet == subnet_tag and not tried.repaid then
      tried.repaid, owed = true, owed + 1
    end
  end
  return owed
end

-- Familiar locations -----------------------------------------------------------------------------------------------

local MAX_LOCATIONS, MAX_TRIED = 16, 32

local function read_familiar(bytes)
  if #bytes < 12 or string.byte(bytes) ~= 1 then return nil end
  local record = {locations = {}, tried = {}}
  local flags, credited, seen, locations, tried = struct.unpack('>I1I4I4I1I1', bytes, 2)
  local was_credited, was_seen = flags % 2 == 1, flags >= 2
  if flags > 3 or locations > MAX_LOCATIONS or tried > MAX_TRIED then return nil end
  if (not was_credited and credited ~= 0) or (not was_seen and seen ~= 0) then return nil end
  if #bytes ~= 12 + 14 * locations + 6 * tried then return nil end
  record.credited, record.seen = was_credited and credited, was_seen and seen
  for slot = 1, locations do
    local start = 14 * slot - 1
    local used, from, spent, days = struct.unpack('>I4I4I1I1', bytes, start + 4)
    record.locations[slot] = {
      location = string.sub(bytes, start, start + 3), used = used, since = from, spent = spent, days = days,
    }
  end
  for number = 1, tried do
    local start = 13 + 14 * locations + 6 * (number - 1)
    local slot, joined = string.byte(bytes, start + 4, start + 5)
    if slot >= locations or joined > 1 then return nil end
    record.tried[number] = {tag = string.sub(bytes, start, start + 3), slot = slot + 1, joined = joined == 1}
  end
  return record
end

local function familiar_expires_in(record)
  local last = 0
  for _, kept in ipairs(record.locations) do
    last = math.max(last, math.min(kept.used + familiar_limit.memory, MOST))
  end
  if record.credited then last = math.max(last, math.min(record.credited + DAY, MOST)) end
  if record.seen then last = math.max(last, math.min(record.seen + HOUR, MOST)) end
  return since(now, last * 1000)
end

local function write_familiar(record)
  local flags = (record.credited and 1 or 0) + (record.seen and 2 or 0)
  local counts = {flags, record.credited or 0, record.seen or 0, #record.locations, #record.tried}
  local parts = {'\1', struct.pack('>I1I4I4I1I1', unpack(counts))}
  for _, kept in ipairs(record.locations) do
    parts[#parts + 1] = kept.location .. struct.pack('>I4I4I1I1', kept.used, kept.since, kept.spent, kept.days)
  end
  for _, tried in ipairs(record.tried) do
    parts[#parts + 1] = tried.tag .. struct.pack('>I1I1', tried.slot - 1, tried.joined and 1 or 0)
  end
  return table.concat(parts), familiar_expires_in(record)
end

local function is_familiar(kept)
  return since(kept.used, now_seconds) < familiar_limit.memory
end

local function find_location(record)
  for slot, kept in ipairs(record.locations) do
    if kept.location == location then return slot end
  end
end

local function find_familiar(record)
  local slot = find_location(record)
  return slot and is_familiar(record.locations[slot]) and slot or nil
end

local function find_tried(record, slot)
  for number, tried in ipairs(record.tried) do
    if tried.tag == password and tried.slot == slot then return number end
  end
end

local function reserve_familiar(record)
  local slot = find_familiar(record)
  if not slot or record.locations[slot].spent >= familiar_limit.failures then return false end
  local tried = find_tried(record, slot)
  if tried then
    record.tried[tried].joined = true
  else
    local kept = record.locations[slot]
    kept.spent = math.min(kept.spent + 1, 255)
    if #record.tried >= MAX_TRIED then table.remove(record.tried, 1) end
    table.insert(record.tried, {tag = password, slot = slot})
  end
  return true
end

local function take_back_familiar(record, even_joined)
  local slot = find_location(record)
  local tried = slot and find_tried(record, slot)
  if tried and (even_joined or not record.tried[tried].joined) then
    table.remove(record.tried, tried)
    record.locations[slot].spent = minus(record.locations[slot].spent, 1)
  end
end

-- Whether the worth of a location is less than that of another: whether it is familiar, was used on several days, and
-- when it was last used.
local function is_worth_less(one, other)
  if is_familiar(one) ~= is_familiar(other) then return is_familiar(other) end
  if (one.days >= 2) ~= (other.days >= 2) then return other.days >= 2 end
  return one.used < other.used
end

local function slot_for_another(record)
  if #record.locations < MAX_LOCATIONS then return #record.locations + 1 end
  local least = 1
  for slot = 2, #record.locations do
    if is_worth_less(record.locations[slot], record.locations[least]) then least = slot end
  end
  return least
end

local function use_location(record, is_new)
  local slot = find_location(record) or slot_for_another(record)
  if is_new then
    local others = {}
    for _, tried in ipairs(record.tried) do
      if tried.slot ~= slot then others[#others + 1] = tried end
    end
    record.tried = others
    record.locations[slot] = {location = location, used = now_seconds, since = now_seconds, spent = 0, days = 1}
  end
  local kept = record.locations[slot]
  if math.floor(now_seconds / DAY) ~= math.floor(kept.used / DAY) then kept.days = math.min(kept.days + 1, 255) end
  kept.used = now_seconds
  return kept
end

local function refill(kept)
  local periods = math.floor(since(kept.since, now_seconds) / familiar_limit.refill)
  if kept.spent == 0 then
    kept.since = now_seconds
  else
    kept.spent = minus(kept.spent, periods)
    kept.since = math.min(kept.since + periods * familiar_limit.refill, MOST)
  end
end

-- Whether the time has passed since the last one that the record notes. If so, notes this one.
local function passed(record, name, time)
  local last = record[name]
  local has_passed = not last or since(last, now_seconds) >= time
  if has_passed then record[name] = now_seconds end
  return has_passed
end

local function success_familiar(record)
  take_back_familiar(record, true)
  local is_new = not find_familiar(record)
  refill(use_location(record, is_new))
  return is_new and passed(record, 'credited', DAY), passed(record, 'seen', HOUR)
end

local function mark_familiar(record)
  local kept = use_location(record, not find_familiar(record))
  kept.spent, kept.since = 0, now_seconds
end

-- All records ------------------------------------------------------------------------------------------------------

local KINDS = {
  f = {read = read_familiar, write = write_familiar, new = function()
    return {locations = {}, tried = {}, credited = false, seen = false}
  end},
  s = {read = read_network, write = write_network, new = function() return {moment = 0} end},
  n = {read = read_network, write = write_network, new = function() return {moment = 0} end},
  u = {read = read_unfamiliar, write = write_unfamiliar, new = function()
    return {since = 0, last = 0, streak = 0, attempts = {}}
  end},
}

local records, loaded = {}, {}

local function load()
  for number, key in ipairs(KEYS) do
    local kind = string.sub(kinds, number, number)
    local bytes = redis.call('GET', key)
    loaded[kind] = bytes
    records[kind] = bytes and KINDS[kind].read(bytes) or not bytes and KINDS[kind].new() or nil
    if not records[kind] then return false end
  end
  return true
end

-- Writes the records that have changed. A record in which nothing counts means the same as none.
local function save()
  for number, key in ipairs(KEYS) do
    local kind = string.sub(kinds, number, number)
    local bytes, left = KINDS[kind].write(records[kind])
    if left <= 0 then
      if loaded[kind] then redis.call('DEL', key) end
    elseif bytes ~= loaded[kind] then
      if left < FOREVER then
        redis.call('SET', key, bytes, 'PX', string.format('%.0f', left))
      else
        redis.call('SET', key, bytes)
      end
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

local function reserve()
  if records.f and reserve_familiar(records.f) then return {'admitted'} end
  return reserve_touched()
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

local function success()
  if reserved_as ~= 'admitted' then
    return_to_network(at)
    if records.u then
      take_back_unfamiliar(records.u, true)
      records.u.streak = 0
    end
  end
  if records.f then return apply_success(success_familiar(records.f)) end
  return apply_success(false, false)
end

local function undone()
  if reserved_as == 'admitted' then
    if records.f then take_back_familiar(records.f, false) end
    return 0
  end
  return_to_network(at)
  if reserved_as == 'counted' and records.u then take_back_unfamiliar(records.u, false) end
  return 0
end

local function mark()
  local owed = apply_success(false, true)
  if records.f then mark_familiar(records.f) end
  return owed
end

local function unlock()
  if records.u then records.u = KINDS.u.new() end
  return 0
end

if not load() then return {ARGV[1], now, 'corrupt'} end
local decision
if step == 'reserve' then
  decision = reserve()
else
  local settle = {success = success, undone = undone, mark = mark, unlock = unlock}
  decision = {'settled', settle[step]()}
end
save()
return {ARGV[1], now, unpack(decision)}
