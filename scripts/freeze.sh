#!/usr/bin/env bash
# Freezes a node: it answers nobody, and loses nothing.
#
#   scripts/freeze.sh PORT [--iptables]
#
# By default the playground stops the process (SIGSTOP). With --iptables, as
# root on Linux, a packet filter drops what goes to and comes from the node, and
# nothing else: the rules lie in a chain of their own, CAP_PLAYGROUND. Freezing
# twice is as good as once. Exit status: 0 frozen, 1 not, 2 a wrong call.
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
