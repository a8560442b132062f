-- The records of familiar locations.

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
  return table.concat(parts)
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
