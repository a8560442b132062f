-- The room for records, so that made-up names and networks do not fill the server. There are two tables in each part of the
-- store, one for accounts and one for networks. A table is a string of moments of 8 bytes each.
--
-- The first two moments of a table are its level and when that was computed. Each step that lets records live longer raises
-- the level by the time that they live longer, divided by the number of records that the part has room for. A step that
-- ends records lowers it, and so does time. While the level is above the life of one attempt, no record begins: an account
-- or a network without a record is then counted in four of the other moments, which it shares with others, and judged by
-- the earliest of the four. So it may be refused too early, and never too late. Shared slots find no repeats, do not limit
-- a subnet to its share, and begin no lockout. An account or a network begins a record again after its slots have forgotten
-- it.
--
-- `src/store/memory/throttle/shared.rs` has the same idea for the store in memory.

-- The number of slots for accounts, for subscribers, and for subnets, in each part.
local SLOTS = 4096
-- The position of the first slot. Subscribers and subnets are in the same table.
local FIRST_SLOT = {u = 2, s = 2, n = 2 + SLOTS}
local TABLE_OF = {u = 'a', s = 'w', n = 'w'}
-- A lockout has no end. It raises the level as much as this many attempts.
local LOCKOUT_LIVES = 200
-- The longest life of an attempt, in milliseconds: 139 years. Levels are in microseconds, of 53 bits.
local LONGEST_LIFE = 2 ^ 42

local tables = {}

-- How long an attempt lets a record live, at most.
local function life_of_attempt(kind)
  local life = kind == 'u' and 2 * unfamiliar_limit.every or math.max(subscriber_limit.every, subnet_limit.every)
  return math.min(life, LONGEST_LIFE)
end

-- The part of a record's life that raises the level.
local function counted_life(kind, left)
  return math.min(left, LOCKOUT_LIVES * life_of_attempt(kind))
end

-- The level now. A clock that was set back drains nothing.
local function level_now(level, computed_at)
  return minus(level, since(computed_at, now * 1000))
end

local function moments_at(table_key, positions)
  local command = {'BITFIELD', table_key}
  for _, position in ipairs(positions) do
    for _, word in ipairs({'GET', 'i64', '#' .. position}) do command[#command + 1] = word end
  end
  return redis.call(unpack(command))
end

local function set_moments(table_key, positions, moments)
  local command = {'BITFIELD', table_key}
  for number, position in ipairs(positions) do
    for _, word in ipairs({'SET', 'i64', '#' .. position, string.format('%.0f', moments[number])}) do
      command[#command + 1] = word
    end
  end
  redis.call(unpack(command))
end

-- The positions of the four slots of a key, each in a quarter of its own. A key ends with 16 bytes of a keyed hash, of
-- which the first has chosen the part.
local function slots_of(kind, key)
  local quarter, slots = SLOTS / 4, {}
  for number, part in ipairs({struct.unpack('>I2I2I2I2', key, #key - 7)}) do
    if number <= 4 then slots[number] = FIRST_SLOT[kind] + (number - 1) * quarter + part % quarter end
  end
  return slots
end

-- The slots of a key as a record, if its attempt was counted in them, or must be because no record may begin.
local function shared_record(kind, key)
  local counted_in_slots = string.find(was_shared, kind, 1, true)
  if step ~= 'reserve' and not counted_in_slots then return nil end
  local slots = slots_of(kind, key)
  local moments = moments_at(tables[TABLE_OF[kind]], {0, 1, unpack(slots)})
  local level = level_now(table.remove(moments, 1), table.remove(moments, 1))
  local has_room = room > 0 and level < life_of_attempt(kind) * 1000
  if not counted_in_slots and has_room and math.min(unpack(moments)) <= now then return nil end
  return {slots = slots, moments = moments}
end

-- Raises the level of a table, because its records live so many milliseconds longer now, or lowers it.
local function raise_level(table_name, longer)
  if longer == 0 or room == 0 then return end
  local level = level_now(unpack(moments_at(tables[table_name], {0, 1})))
  set_moments(tables[table_name], {0, 1}, {minus(level, -math.ceil(longer * 1000 / room)), now * 1000})
end
