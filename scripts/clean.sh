#!/usr/bin/env bash
# Clears the screens of the nodes.
#
#   scripts/clean.sh [PORT]
#
# Without PORT those of all live nodes. Exit status: 0 done, 1 not all, 2 a
# wrong call.
. "$(dirname "$0")/nodes.bash"
arguments 0 1 "$@"
if [ $# = 1 ]; then
	node "$1"
	LIVE=("$ADDRESS")
else
	live
fi
failed=0
for address in "${LIVE[@]}"; do
	request GET "http://$address/admin/clean" || failed=1
done
exit $failed
