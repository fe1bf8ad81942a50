#!/usr/bin/env bash
# Freezes a node. A frozen node answers no call, and keeps its data.
#
#   scripts/freeze.sh PORT [--iptables]
#
# By default the playground stops the process (SIGSTOP). With --iptables, as
# root on Linux, a packet filter drops the packets to and from the node, and no
# others. Its rules are in a chain of their own, CAP_PLAYGROUND. If the node is
# frozen already, nothing changes. The exit status is 0 if the node is frozen, 1
# if it is not, and 2 if an argument is wrong.
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
