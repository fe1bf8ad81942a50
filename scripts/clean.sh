#!/usr/bin/env bash
# Clears the screens of the nodes.
#
#   scripts/clean.sh [PORT]
#
# Without PORT it calls all nodes. The exit status is 0 if each called node
# cleared its screen, 1 if one of them did not, and 2 if an argument is wrong.
[ "${BASH##*/}" = bash ] || exec bash "$0" "$@" # sh may be another shell
. "$(dirname "$0")/nodes.bash"
arguments 0 1 "$@"
choose "$@"
each GET /admin/clean
