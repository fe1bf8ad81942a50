#!/usr/bin/env bash
# Freezes a node: it answers no call, and loses nothing.
#
#   scripts/freeze.sh PORT [--iptables]
#
# By default the playground stops the process (SIGSTOP). With --iptables, as
# root on Linux, a packet filter drops the packets to and from the node, and no
# others. Its rules are in a chain of their own, CAP_PLAYGROUND. To freeze a node
# twice is the same as once. Exit status: 0 frozen, 1 not, 2 a wrong call.
[ "${BASH##*/}" = bash ] || exec bash "$0" "$@" # sh may be another shell
. "$(dirname "$0")/nodes.bash"
. "$(dirname "$0")/filter.bash"
arguments 1 2 "$@"
port='' filter=''
for argument; do
	if [ "$argument" = --iptables ]; then filter=1; else port=$argument; fi
done
[ -n "$port" ] || die "which port? (-h shows the usage)" 2
node "$port"
if [ -n "$filter" ]; then
	filter_node
else
	playground freeze frozen
fi
