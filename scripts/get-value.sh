#!/usr/bin/env bash
# Reads a key at one node and prints the answer.
#
#   scripts/get-value.sh [KEY [PORT]]
#
# KEY is "city" unless said otherwise; without PORT a live node is asked by
# chance. Exit status: 0 the value, 1 no value or no quorum, 2 a wrong call.
. "$(dirname "$0")/nodes.bash"
arguments 0 2 "$@"
one "${2:-}"
request GET "http://$ADDRESS/database/$(escape "${1:-city}")"
