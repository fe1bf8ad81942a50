#!/usr/bin/env bash
# Clears the screens of the nodes.
#
#   scripts/clean.sh [PORT]
#
# Without PORT it calls all nodes. Exit status: 0 done, 1 not at all of them,
# 2 a wrong call.
[ "${BASH##*/}" = bash ] || exec bash "$0" "$@" # sh may be another shell
. "$(dirname "$0")/nodes.bash"
arguments 0 1 "$@"
choose "$@"
each GET /admin/clean
