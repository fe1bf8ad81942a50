#!/usr/bin/env bash
# Mode CA: commits a transaction that scripts/propose.sh proposed by hand.
#
#   scripts/commit.sh ID [PORT…]
#
# Without PORT it calls all nodes. Exit status: 0 done, 1 not at all of them,
# 2 a wrong call.
[ "${BASH##*/}" = bash ] || exec bash "$0" "$@" # sh may be another shell
. "$(dirname "$0")/nodes.bash"
arguments 1 10 "$@"
id=$1
shift
choose "$@"
each POST "/2pc/commit/$(escape "$id")"
