-- Makes a hash hold these fields and no others.
-- KEYS: the hash
-- ARGV: field, value, …

check(KEYS)
assert(#ARGV % 2 == 0, 'a field has no value')
redis.call('DEL', KEYS[1])
set(KEYS[1], ARGV, 1, #ARGV)
