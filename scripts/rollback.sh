#!/usr/bin/env bash
# Rolls back a transaction that scripts/propose.sh proposed by hand, in mode CA.
#
#   scripts/rollback.sh ID [PORT…]
#
# Without PORT it calls all nodes. The exit status is 0 if each called node
# rolled back, 1 if one of them did not, and 2 if an argument is wrong.
[ "${BASH##*/}" = bash ] || exec bash "$0" "$@" # sh may be another shell
. "$(dirname "$0")/nodes.bash"
arguments 1 10 "$@"
id=$1
shift
choose "$@"
each POST "/2pc/rollback/$(escape "$id")"
