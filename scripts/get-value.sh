#!/usr/bin/env bash
# Reads a key at one node and prints the answer.
#
#   scripts/get-value.sh [KEY [PORT]]
#
# KEY is "city" if not given, PORT is that of the first node, 3001. Exit status:
# 0 the value, 1 no value, no quorum or no answer, 2 a wrong call.
[ "${BASH##*/}" = bash ] || exec bash "$0" "$@" # sh may be another shell
. "$(dirname "$0")/nodes.bash"
arguments 0 2 "$@"
nodes
node "${2:-${ALL[0]##*:}}"
request GET "http://$ADDRESS/database/$(escape "${1:-city}")"
