-- The room for records, so that made-up names and networks do not fill the server.
--
-- Each part of the store has two tables: one of the records of accounts, and one of those of networks. A table counts
-- its records by the span of time in which they end. Each record has the number of its span as its last four bytes. The
-- count is a hash: `first`, the number of the current span; `total`, of all records; `until`, when all slots of the
-- table are forgotten; and how many records end in a span, by its number.
--
-- When a table is full, no record begins. An account or a network without a record is then counted in four slots, which
-- it shares with others, and judged by the earliest of the four. A slot is a moment of 8 bytes, as in the record of a
-- network. So such a key may be refused too early. It gets no more failures than its limit. Shared slots find no
-- repeats, do not limit a subnet to its share, and begin no lockout. A record begins for the key again when there is
-- room, and its slots have forgotten it.
--
-- `src/store/memory/throttle/shared.rs` has the same slots for the store in memory.

local MINUTES = 60 * 1000
-- So many spans are counted one by one. For accounts that is 62 days. For networks it is 62 hours, which is how long a
-- subnet with all of its 500 failures lives.
local SPANS = 125
local SLOTS = {u = 16384, s = 4096, n = 4096}
-- Subscribers and subnets are in the same table.
local FIRST_SLOT = {u = 0, s = 0, n = SLOTS.s}
local TABLE_OF = {u = 'a', s = 'w', n = 'w'}

local tables = {
  a = {key = keys.a, slots_key = keys.b, most = room, span = 12 * 60 * MINUTES, slots = SLOTS.u},
  w = {key = keys.w, slots_key = keys.y, most = 2 * room, span = 30 * MINUTES, slots = SLOTS.s + SLOTS.n},
}

-- Forgets the records that ended in a span before the current one. If the clock was set back, nothing is before it, and
-- the records that were written meanwhile are counted in later spans.
local function forget_past(counted, current)
  local fields, past = redis.call('HGETALL', counted.key), {}
  for number = 1, #fields, 2 do
    local span = tonumber(fields[number])
    if span and span < current then
      past[#past + 1] = fields[number]
      counted.total = counted.total - tonumber(fields[number + 1])
    end
  end
  if #past > 0 then redis.call('HDEL', counted.key, unpack(past)) end
  counted.first = current
  redis.call('HSET', counted.key, 'first', current, 'total', counted.total)
end

-- The table of this name, with its counts.
local function counted_table(name)
  local counted = tables[name]
  if not counted.first then
    local fields = redis.call('HMGET', counted.key, 'first', 'total', 'until')
    counted.first, counted.total = tonumber(fields[1] or 0), tonumber(fields[2] or 0)
    counted.busy_until = tonumber(fields[3] or 0)
    local current = math.floor(now / counted.span)
    if current ~= counted.first then forget_past(counted, current) end
  end
  return counted
end

-- The span in which a record ends that lives for `left` milliseconds. Beyond the next 125 spans, only every second has a
-- count, then every fourth, and so on, so that a table stays small. A record that ends between two of these is counted in
-- the later one. A record that time does not end is counted for 125 spans after it was written.
local function span_of(counted, left)
  if left == NEVER then return counted.first + SPANS - 1 end
  local ends, grain = math.max(counted.first, math.floor((now + math.min(left, FOREVER)) / counted.span)), 1
  while ends - counted.first >= SPANS * grain do grain = 2 * grain end
  return math.ceil(ends / grain) * grain
end

-- Counts a record in the span in which it ends now, instead of `before`. Either may be nothing.
local function count_record(counted, before, after)
  local more = after and 1 or 0
  -- The records of a past span are not counted any more, also if the clock was set back since.
  local held = before and before >= counted.first and redis.call('HMGET', counted.key, before)[1]
  if held and tonumber(held) > 0 then
    redis.call('HINCRBY', counted.key, before, -1)
    more = more - 1
  end
  if after then redis.call('HINCRBY', counted.key, after, 1) end
  if more ~= 0 then redis.call('HINCRBY', counted.key, 'total', more) end
end

-- The positions of the four slots of a key, each in a quarter of its own. A key ends with 16 bytes of a keyed hash, of
-- which the first has chosen the part.
local function slots_of(kind, key)
  local quarter, slots = SLOTS[kind] / 4, {}
  local parts = {struct.unpack('>I2I2I2I2', key, #key - 7)}
  for number = 1, 4 do slots[number] = FIRST_SLOT[kind] + (number - 1) * quarter + parts[number] % quarter end
  return slots
end

local function read_slots(counted, slots)
  local command = {'BITFIELD_RO', counted.slots_key}
  for _, slot in ipairs(slots) do
    for _, word in ipairs({'GET', 'i64', '#' .. slot}) do command[#command + 1] = word end
  end
  return redis.call(unpack(command))
end

-- Whether a step has changed what is counted in slots. In one whose moment is past, nothing is.
local function has_changed(record)
  for number, moment in ipairs(record.moments) do
    if math.max(moment, now) ~= math.max(record.before[number], now) then return true end
  end
  return false
end

local function write_slots(counted, slots, moments)
  -- Without this, the server would give the growing table up to twice the memory that it needs.
  if counted.busy_until == 0 then redis.call('SETBIT', counted.slots_key, counted.slots * 64 - 1, 0) end
  local command = {'BITFIELD', counted.slots_key}
  for number, slot in ipairs(slots) do
    for _, word in ipairs({'SET', 'i64', '#' .. slot, string.format('%.0f', moments[number])}) do
      command[#command + 1] = word
    end
    counted.busy_until = math.max(counted.busy_until, moments[number])
  end
  redis.call(unpack(command))
  redis.call('HSET', counted.key, 'until', string.format('%.0f', counted.busy_until))
end

-- The slots of a key as a record, if its attempt was counted in them, or must be because no record may begin.
local function shared_record(kind, key)
  local was_in_slots = string.find(was_shared, kind, 1, true)
  if step ~= 'reserve' and not was_in_slots then return nil end
  local counted = counted_table(TABLE_OF[kind])
  local may_begin = counted.total < counted.most and not was_in_slots
  if may_begin and counted.busy_until <= now then return nil end
  local slots = slots_of(kind, key)
  local moments = read_slots(counted, slots)
  if may_begin and math.min(unpack(moments)) <= now then return nil end
  return {slots = slots, moments = moments, before = {unpack(moments)}}
end
