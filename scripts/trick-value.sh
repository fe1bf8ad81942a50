#!/usr/bin/env bash
# Plants a value on one node only, in mode AP. The value is older than any real
# write. So a read finds that the nodes disagree, and repairs that node.
#
#   scripts/trick-value.sh PORT [KEY [VALUE]]
#
# If KEY is not given, it is "city". If VALUE is not given, it is "trick". The
# exit status is 0 if the node has the value, 1 if it refused, and 2 if an
# argument is wrong.
[ "${BASH##*/}" = bash ] || exec bash "$0" "$@" # sh may be another shell
. "$(dirname "$0")/nodes.bash"
arguments 1 3 "$@"
node "$1"
request POST "http://$ADDRESS/quorum/repair" "{\"key\":$(quote "${2:-city}"),\"val\":$(quote "${3:-trick}"),\"ts\":1}"
