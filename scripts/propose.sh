#!/usr/bin/env bash
# Mode CA: proposes a transaction by hand. It prints the vote of each node, and
# last the transaction's id. A node that votes yes keeps the key locked until
# scripts/commit.sh or scripts/rollback.sh ends the transaction.
#
#   scripts/propose.sh KEY VALUE [PORT…]
#
# Without PORT it asks all nodes. ID=… in the environment sets the id. Exit
# status: 0 all said yes, 1 not all, 2 a wrong call.
[ "${BASH##*/}" = bash ] || exec bash "$0" "$@" # sh may be another shell
. "$(dirname "$0")/nodes.bash"
arguments 2 11 "$@"
id=${ID:-hand-$(printf '%04x%04x%04x' $RANDOM $RANDOM $RANDOM)}
body="{\"id\":$(quote "$id"),\"key\":$(quote "$1"),\"val\":$(quote "$2")}"
shift 2
choose "$@"
status=0
(each POST /2pc/propose "$body") || status=$?
printf '%s\n' "$id"
exit $status
