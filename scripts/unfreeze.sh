#!/usr/bin/env bash
# Thaws the nodes that scripts/freeze.sh froze.
#
#   scripts/unfreeze.sh [PORT] [--iptables]
#
# Without PORT it thaws all nodes. With --iptables it removes the rules of
# freeze.sh --iptables, and no others. If a node is not frozen, nothing changes.
# The exit status is 0 if no called node is frozen any more, 1 if one of them is,
# and 2 if an argument is wrong.
[ "${BASH##*/}" = bash ] || exec bash "$0" "$@" # sh may be another shell
. "$(dirname "$0")/nodes.bash"
. "$(dirname "$0")/filter.bash"
arguments 0 2 "$@"
port='' filter=''
for argument; do
	if [ "$argument" = --iptables ]; then filter=1; else port=$argument; fi
done
if [ -n "$port" ]; then
	node "$port"
	if [ -n "$filter" ]; then unfilter_node; else playground unfreeze thawed; fi
	exit
fi
if [ -n "$filter" ]; then
	unfilter_all
	exit
fi
nodes
failed=0
for ((NUMBER = 1; NUMBER <= ${#ALL[@]}; NUMBER++)); do
	# 409: the node is killed, so it is not frozen.
	playground unfreeze thawed || [ "$STATUS" = 409 ] || failed=1
done
exit $failed
