#!/usr/bin/env bash
# Mode CA: rolls back a transaction that scripts/propose.sh proposed by hand.
#
#   scripts/rollback.sh ID [PORT…]
#
# Without PORT at all nodes. Exit status: 0 done, 1 not at all of them, 2 a
# wrong call.
. "$(dirname "$0")/nodes.bash"
arguments 1 10 "$@"
id=$1
shift
voters=()
for port; do
	node "$port"
	voters+=("$ADDRESS")
done
[ ${#voters[@]} -gt 0 ] || { nodes && voters=("${ALL[@]}"); }
failed=0
for address in "${voters[@]}"; do
	request POST "http://$address/2pc/rollback/$(escape "$id")" || failed=1
done
exit $failed
