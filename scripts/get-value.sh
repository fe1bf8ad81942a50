#!/usr/bin/env bash
# Reads a key at one node and prints the answer.
#
#   scripts/get-value.sh [KEY [PORT]]
#
# If KEY is not given, it is "city". If PORT is not given, it is the port of the
# first node, 3001. The exit status is 0 if the node answered with a value, 1 if
# it has no value, reached no quorum or did not answer, and 2 if an argument is
# wrong.
[ "${BASH##*/}" = bash ] || exec bash "$0" "$@" # sh may be another shell
. "$(dirname "$0")/nodes.bash"
arguments 0 2 "$@"
nodes
node "${2:-${ALL[0]##*:}}"
request GET "http://$ADDRESS/database/$(escape "${1:-city}")"
