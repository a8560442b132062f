-- The steps at a familiar location. Most logins come from there, and touch no other record. Such a step ends here,
-- because it takes the server longer to run through the rest of the script than to take the step.

local familiar, familiar_before = nil, nil
if keys.f then
  familiar_before = redis.call('GET', keys.f)
  familiar = {locations = {}, tried = {}, credited = false, seen = false}
  if familiar_before then familiar = read_familiar(familiar_before) end
  if not familiar then return {ARGV[1], now, '', 'corrupt'} end
end

-- Writes the record, if it has changed. A record in which nothing counts means the same as none.
local function save_familiar()
  local left = familiar_expires_in(familiar)
  if left <= 0 then
    if familiar_before then redis.call('DEL', keys.f) end
    return
  end
  local bytes = write_familiar(familiar)
  if bytes ~= familiar_before then put(keys.f, bytes, left) end
end

local gives_credit, owner_seen, decision = false, false, nil
if step == 'reserve' then
  if familiar and reserve_familiar(familiar) then decision = {'admitted'} end
elseif step == 'success' and familiar then
  gives_credit, owner_seen = success_familiar(familiar)
  if reserved_as == 'admitted' and not gives_credit and not owner_seen then decision = {'settled', 0} end
elseif step == 'undone' and reserved_as == 'admitted' then
  if familiar then take_back_familiar(familiar, false) end
  decision = {'settled', 0}
elseif step == 'mark' and familiar then
  mark_familiar(familiar)
end
if decision then
  if familiar then save_familiar() end
  return {ARGV[1], now, '', unpack(decision)}
end
