#!/bin/sh
# Runs a command on the first of two "hosts": network namespaces with names and addresses of their own (10.77.0.1 and
# 10.77.0.2), joined by a pair of virtual Ethernet devices and by nothing else; the second has a /dev/shm of its own, too.
# To be run in a user and network namespace of its own:
#   unshare --user --map-root-user --net --mount --uts two-hosts.sh COMMAND [ARGUMENT]...
# The command finds in $ENTER_HOST a program that runs a command on the second host, as ssh would: ENTER_HOST NAME COMMAND...;
# and in $CUT_LINK one that takes the link down.
set -e
directory=$(mktemp -d)
unshare --net --mount --uts sleep 120 &
other=$!
trap 'kill $other 2> /dev/null; rm -r "$directory"' EXIT

# Until it is in its own namespace, a device that is given to it would come to this one.
while [ "$(readlink /proc/$other/ns/net)" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
on_other() { nsenter --target $other --net --mount --uts -- "$@"; }
hostname host-a
on_other hostname host-b
on_other mount -t tmpfs tmpfs /dev/shm
ip link set lo up
on_other ip link set lo up
ip link add link0 type veth peer name link0 netns $other
ip address add 10.77.0.1/24 dev link0
on_other ip address add 10.77.0.2/24 dev link0
ip link set link0 up
on_other ip link set link0 up

# A peer that is gone is given up in seconds, not in a quarter of an hour.
echo 4 > /proc/sys/net/ipv4/tcp_retries2
on_other sh -c 'echo 4 > /proc/sys/net/ipv4/tcp_retries2'

cat > "$directory/enter" << EOF
#!/bin/sh
# Options of ssh's that come before the host's name mean nothing here.
while [ "\${1#-}" != "\$1" ]; do shift; done
shift
exec nsenter --target $other --net --mount --uts -- sh -c "\$*"
EOF
printf '#!/bin/sh\nexec ip link set link0 down\n' > "$directory/cut"
chmod +x "$directory/enter" "$directory/cut"
export ENTER_HOST="$directory/enter" CUT_LINK="$directory/cut"

# $ENTER_HOST may stand in arguments, as {agent}.
for argument; do
  shift
  [ "$argument" = "{agent}" ] && argument=$ENTER_HOST
  set -- "$@" "$argument"
done
"$@"
