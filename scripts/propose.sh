#!/usr/bin/env bash
# Mode CA: proposes a transaction by hand, prints each node's vote, and last
# the transaction's id. Who votes yes holds the key locked until
# scripts/commit.sh or scripts/rollback.sh ends it.
#
#   scripts/propose.sh KEY VALUE [PORT…]
#
# Without PORT all nodes are asked. ID=… in the environment sets the id. Exit
# status: 0 all said yes, 1 not all, 2 a wrong call.
. "$(dirname "$0")/nodes.bash"
arguments 2 11 "$@"
key=$1 val=$2
shift 2
voters=()
for port; do
	node "$port"
	voters+=("$ADDRESS")
done
[ ${#voters[@]} -gt 0 ] || { nodes && voters=("${ALL[@]}"); }
id=${ID:-hand-$(printf '%04x%04x%04x' $RANDOM $RANDOM $RANDOM)}
failed=0
for address in "${voters[@]}"; do
	request POST "http://$address/2pc/propose" "{\"id\":$(quote "$id"),\"key\":$(quote "$key"),\"val\":$(quote "$val")}" || failed=1
done
printf '%s\n' "$id"
exit $failed
