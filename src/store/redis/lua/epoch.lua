-- Reads the facts about this server, and the epoch of each part of the store that is on it.
--
-- KEYS: the epoch of each part. ARGV: the tag of the call, then 16 random bytes for each key.
-- Reply: tag, run, replication, policy, maxmemory, aof, cluster, then 16 bytes for each key. With a policy that evicts
-- keys there are no epochs in the reply: keys may vanish at any time then.
--
-- The value of an epoch is 16 random bytes and the life of the server that made it. A server with another life may have
-- lost claims: after a restart, and after a promotion, which changes `master_replid` alone. So it makes a new epoch. A
-- process that may not call INFO does not know the life, and keeps the epoch that another process has made.
-- The step is atomic, so all processes find the same new epoch, however many of them notice the change.

local function info(section)
  local text = redis.pcall('INFO', section)
  return type(text) == 'string' and text or ''
end

local function field(text, name)
  return string.match(text, '\n' .. name .. ':([^\r\n]*)') or ''
end

local run = field(info('server'), 'run_id')
local replication = field(info('replication'), 'master_replid')
local memory = info('memory')
local policy = field(memory, 'maxmemory_policy')
local most = field(memory, 'maxmemory')
local aof = field(info('persistence'), 'aof_enabled')
local cluster = field(info('cluster'), 'cluster_enabled')
local reply = {ARGV[1], run, replication, policy, most, aof, cluster}
if policy ~= '' and policy ~= 'noeviction' and most ~= '0' then
  return reply
end

-- Fails if the server is a replica, or is out of memory. So a server that answers can also remember.
redis.call('SET', KEYS[1] .. 'w', '', 'PX', 1000)

local knows_life = run ~= '' or replication ~= ''
local life = run .. ':' .. replication .. ':' .. field(info('stats'), 'evicted_keys')
for part, key in ipairs(KEYS) do
  local known = redis.call('GET', key)
  if not known or (knows_life and string.sub(known, 17) ~= life) then
    known = ARGV[1 + part] .. life
    redis.call('SET', key, known)
  end
  reply[7 + part] = string.sub(known, 1, 16)
end
return reply
