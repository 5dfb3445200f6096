# Starts the member; the first one sees to the replica set and its users once it answers.
set -eu
(umask 077 && cat /etc/archive/key >/tmp/key) # MongoDB refuses a key that its group may read
case "$HOSTNAME" in
  *-0) (until mongosh --quiet --eval 'db.runCommand({ping: 1}).ok' >/dev/null 2>&1; do sleep 1; done
        until mongosh --quiet --file /etc/archive/setup.js; do sleep 2; done) & ;;
esac
exec mongod --replSet rs0 --bind_ip_all --keyFile /tmp/key --dbpath /data/db --noscripting
