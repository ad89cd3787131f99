#!lua name=tocsin

-- The only way to write a partition's projection: compare, and set all of it or nothing.
--
-- Redis keeps what a script wrote before it failed, and after a torn append-only file it may keep
-- the first half of a script.  Hence the order (outbox, one command a row, the cursor last), and
-- values that are absolute: every prefix of it mends by folding the same records again.
--
-- PAIRS is a JSON array, name and value by turns: one argument costs the client a fifth of what
-- thousands do.  `tocsin_apply` and `tocsin_prepare` answer "done", "stale" or "other_code"; only
-- "done" changed anything.

local VALUES_MAX = 7800  -- Lua unpacks at most 7,998.

local function write(key, pairs)
  local values = cjson.decode(pairs)
  for from = 1, #values, VALUES_MAX do
    redis.call('HSET', key, unpack(values, from, math.min(from + VALUES_MAX - 1, #values)))
  end
end

local function field(key, name)
  return redis.call('HGET', key, name) or ''
end

-- KEYS  1, 2       the cursor, the outbox (hashes)
--       3 ..       the row of each study seen (hash)
--       then       each row prepared aside that is to be swapped in (hash)
-- ARGV  1          the offset of the first record, which must be the cursor's `next`
--       2          the version of the fold, which must be the cursor's `code`
--       3, 4       how many studies were seen, how many rows are swapped in
--       5, 6       PAIRS of the outbox, PAIRS of the cursor
--       7 ..       for each study: the `pos` its row must have, and PAIRS for its row
--       then       for each row aside: the number of its study in the order above, the `pos` that
--                  it must have, and how many fields
local function apply(keys, args)
  local cursor, outbox = keys[1], keys[2]
  local studies, asides = tonumber(args[3]), tonumber(args[4])
  local about = 7 + 2 * studies

  local next, code = field(cursor, 'next'), field(cursor, 'code')
  if code ~= '' and code ~= args[2] then return 'other_code' end
  if (next == '' and '0' or next) ~= args[1] then return 'stale' end
  for i = 1, studies do
    if field(keys[2 + i], 'pos') ~= args[5 + 2 * i] then return 'stale' end
  end
  for i = 1, asides do
    local aside, pos, count = keys[2 + studies + i], args[about + 3 * i - 2], args[about + 3 * i - 1]
    if field(aside, 'pos') ~= pos then return 'stale' end
    if redis.call('HLEN', aside) ~= tonumber(count) then return 'stale' end
  end

  write(outbox, args[5])
  for i = 1, asides do
    redis.call('RENAME', keys[2 + studies + i], keys[2 + tonumber(args[about + 3 * i - 3])])
  end
  for i = 1, studies do
    write(keys[2 + i], args[6 + 2 * i])
  end
  write(cursor, args[6])
  return 'done'
end

-- Writes a part of a row aside.  Two workers may prepare one row at once: the later beginning
-- wins, and a part of a row at another `pos` is refused, so that no row is made of two.
--
-- KEYS  1          the row aside (hash)
-- ARGV  1          the `pos` of the row
--       2          "begin" to empty it first, else "go on"
--       3          PAIRS; the first part holds `pos`
local function prepare(keys, args)
  if args[2] == 'begin' then
    redis.call('DEL', keys[1])
  elseif field(keys[1], 'pos') ~= args[1] then
    return 'stale'
  end
  write(keys[1], args[3])
  return 'done'
end

-- Changes nothing, and fails where the others would, or a worker or a rebuild beside them: a server
-- without room refuses it before its first line, as it does whatever may write, and what the user
-- may do is asked of the server, not tried.
--
-- KEYS  1, 2       the cursor, the outbox (hashes)
--       3, 4       a row and its place aside, of no study
local function check(keys)
  local cursor, outbox, row, aside = unpack(keys)
  for _, command in ipairs({
    {'HGET', cursor, 'next'}, {'HGETALL', cursor}, {'HSET', cursor, 'next', '0'}, {'DEL', cursor},
    {'HSCAN', outbox, '0'}, {'HSET', outbox, 'a', ''}, {'HDEL', outbox, 'a'},
    {'HGET', row, 'pos'}, {'HSCAN', row, '0'}, {'HSET', row, 'pos', ''}, {'DEL', row},
    {'HGET', aside, 'pos'}, {'HSET', aside, 'pos', ''}, {'HLEN', aside}, {'DEL', aside},
    {'RENAME', aside, row}, {'SCAN', '0'},
  }) do
    if not redis.acl_check_cmd(unpack(command)) then
      return redis.error_reply('NOPERM this user may not ' .. table.concat(command, ' '))
    end
  end
  return 'done'
end

redis.register_function('tocsin_apply', apply)
redis.register_function('tocsin_prepare', prepare)
redis.register_function('tocsin_check', check)
