#!/usr/bin/env bash
# Proposes a transaction by hand, in mode CA. It prints the vote of each node,
# and then the id of the transaction. A node that votes yes keeps the key locked until
# scripts/commit.sh or scripts/rollback.sh ends the transaction.
#
#   scripts/propose.sh KEY VALUE [PORT…]
#
# Without PORT it asks all nodes. The environment variable ID sets the id. The
# exit status is 0 if each node voted yes, 1 if one of them did not, and 2 if an
# argument is wrong.
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
