#!/usr/bin/env bash
# Writes a key at one node and prints the answer.
#
#   scripts/set-value.sh [KEY [VALUE [PORT]]]
#
# KEY is "city" if not given, VALUE is random. Without PORT a random node that
# answers is asked. Exit status: 0 written, 1 refused or unknown, 2 a wrong call.
[ "${BASH##*/}" = bash ] || exec bash "$0" "$@" # sh may be another shell
. "$(dirname "$0")/nodes.bash"
arguments 0 3 "$@"
one "${3:-}"
request POST "http://$ADDRESS/database/$(escape "${1:-city}")/$(escape "${2:-value-$RANDOM}")"
