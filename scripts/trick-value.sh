#!/usr/bin/env bash
# Mode AP: the trick. Plants a value on one node alone, older than any real
# write, so that reads find nodes that disagree, and repair it.
#
#   scripts/trick-value.sh PORT [KEY [VALUE]]
#
# KEY is "city" unless said otherwise, VALUE is "trick". Exit status: 0
# planted, 1 refused, 2 a wrong call.
. "$(dirname "$0")/nodes.bash"
arguments 1 3 "$@"
node "$1"
request POST "http://$ADDRESS/quorum/repair" "{\"key\":$(quote "${2:-city}"),\"val\":$(quote "${3:-trick}"),\"ts\":1}"
