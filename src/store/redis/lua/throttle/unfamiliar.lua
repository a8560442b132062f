-- The records of unfamiliar locations.

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
  if is_locked_out(record) then return NEVER end
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
  return table.concat(parts)
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

-- Shared slots forgive as a network does. The script computes with 53 bits, which is 557 years in each of 255 failures.
local shared_limit = {failures = unfamiliar_limit.failures, every = math.min(unfamiliar_limit.every, 2 ^ 44)}

local function reserve_shared(record)
  local wait = reserve_network(record, shared_limit)
  if wait then return {'wait', wait, 'unfamiliar'} end
  return {'counted', 0, 0}
end

local function reserve_unfamiliar(record)
  if record.slots then return reserve_shared(record) end
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
  if record.slots then return give_back(record, shared_limit, at) end
  if since(at, now) >= unfamiliar_limit.every then return end
  local tried = find_attempt(record)
  if tried and (even_joined or not record.attempts[tried].joined) then
    table.remove(record.attempts, tried)
    record.streak = minus(record.streak, 1)
  end
end

local function repay(record)
  local owed = 0
  if record.slots then return owed end
  for _, tried in ipairs(record.attempts) do
    if tried.subnet and tried.subnet == subnet_tag and not tried.repaid then
      tried.repaid, owed = true, owed + 1
    end
  end
  return owed
end
