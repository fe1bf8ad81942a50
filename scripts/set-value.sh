#!/usr/bin/env bash
# Writes a key at one node and prints the answer.
#
#   scripts/set-value.sh [KEY [VALUE [PORT]]]
#
# If KEY is not given, it is "city". If VALUE is not given, it is random. Without
# PORT the script calls a random node that answers. The exit status is 0 if the
# value was written, 1 if the write was refused or its outcome is unknown, and 2
# if an argument is wrong.
[ "${BASH##*/}" = bash ] || exec bash "$0" "$@" # sh may be another shell
. "$(dirname "$0")/nodes.bash"
arguments 0 3 "$@"
one "${3:-}"
request POST "http://$ADDRESS/database/$(escape "${1:-city}")/$(escape "${2:-value-$RANDOM}")"
