#!/usr/bin/env bash
# Mode AP: the trick. Plants a value on one node alone, older than any real
# write, so that reads find nodes that disagree, and repair it.
#
#   scripts/trick-value.sh PORT [KEY [VALUE]]
#
# KEY is "city" and VALUE is "trick" if not given. Exit status: 0 planted,
# 1 refused, 2 a wrong call.
[ "${BASH##*/}" = bash ] || exec bash "$0" "$@" # sh may be another shell
. "$(dirname "$0")/nodes.bash"
arguments 1 3 "$@"
node "$1"
request POST "http://$ADDRESS/quorum/repair" "{\"key\":$(quote "${2:-city}"),\"val\":$(quote "${3:-trick}"),\"ts\":1}"
