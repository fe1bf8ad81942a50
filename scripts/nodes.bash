# The scripts beside this file source it. It finds the nodes and calls them.
#
#   NODES       the nodes' addresses in order, "127.0.0.1:3001 127.0.0.2:3002 …".
#               If it is not set, the playground gives the addresses. If the
#               playground does not answer, the five default addresses are used.
#   PLAYGROUND  the playground's address, http://localhost:8080 if not set
#   CAP_TOKEN   the token, if the nodes require one
#
# The functions below set these variables, and no others:
#
#   ALL              the addresses of all nodes
#   CHOSEN           the addresses of the nodes to call
#   ADDRESS, NUMBER  the address and the number of one node
#   STATUS, ANSWER   the HTTP status and the body of the last answer
#
# Calls never use a proxy. The nodes are on this machine, or NODES names their
# addresses. A proxy cannot reach them.

set -u
PLAYGROUND=${PLAYGROUND:-http://localhost:8080}
PLAYGROUND=${PLAYGROUND%/}
[[ $PLAYGROUND == *://* ]] || PLAYGROUND=http://$PLAYGROUND

# die TEXT [STATUS] prints TEXT and ends the script. STATUS is 1 for a failure, which is
# the default, and 2 for a wrong call.
die() {
	printf '%s: %s\n' "${0##*/}" "$1" >&2
	exit "${2:-1}"
}

# usage prints the comment at the head of the script.
usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; }

# arguments MIN MAX "$@" prints the usage for -h, and checks the number of arguments.
arguments() {
	local min=$1 max=$2 argument
	shift 2
	for argument; do
		case $argument in
		-h | --help)
			usage
			exit 0
			;;
		--iptables) ;;
		-*) die "unknown option $argument (-h shows the usage)" 2 ;;
		esac
	done
	((min <= $# && $# <= max)) || die "wrong number of arguments (-h shows the usage)" 2
}

# request METHOD URL [DATA] prints the body of the answer and keeps it in ANSWER. It
# fails unless the status is 2xx. STATUS is 000 if no answer came.
request() {
	local method=$1 url=$2 answer
	local -a options=(--noproxy '*' --silent --show-error --globoff --path-as-is --max-time "${CAP_TIMEOUT:-30}" --request "$method" --write-out '\n%{http_code}')
	[ -n "${CAP_TOKEN:-}" ] && options+=(--header "Authorization: Bearer $CAP_TOKEN")
	[ $# -gt 2 ] && options+=(--header 'Content-Type: application/json' --data-binary "$3")
	STATUS=000 ANSWER=''
	answer=$(curl "${options[@]}" -- "$url") || return 1
	STATUS=${answer##*$'\n'}
	answer=${answer%$'\n'*}
	ANSWER=${answer%$'\n'}
	printf '%s\n' "$ANSWER"
	[[ $STATUS == 2* ]]
}

# nodes sets ALL to the address of every node.
nodes() {
	local address
	ALL=()
	if [ -n "${NODES:-}" ]; then
		read -ra ALL <<<"$NODES"
		return
	fi
	if CAP_TIMEOUT=2 request GET "$PLAYGROUND/api/cluster" >/dev/null 2>&1; then
		while read -r address; do
			ALL+=("$address")
		done < <(grep -o '"url": *"http://[^"/]*' <<<"$ANSWER" | sed 's|.*http://||')
	elif [ "$STATUS" = 401 ]; then
		die "the playground at $PLAYGROUND wants its token: set CAP_TOKEN"
	fi
	if [ ${#ALL[@]} = 0 ]; then
		ALL=(127.0.0.1:3001 127.0.0.2:3002 127.0.0.3:3003 127.0.0.4:3004 127.0.0.5:3005)
	fi
}

# node PORT sets ADDRESS and NUMBER to those of the node with this port. PORT may also
# be the node's number.
node() {
	nodes
	local i
	for i in "${!ALL[@]}"; do
		if [ "${ALL[i]##*:}" = "$1" ] || [ "$((i + 1))" = "$1" ]; then
			ADDRESS=${ALL[i]} NUMBER=$((i + 1))
			return
		fi
	done
	die "no node with port $1 (there are ${ALL[*]})" 2
}

# choose [PORT…] sets CHOSEN to the addresses of the nodes with these ports.
# Without a port it takes all nodes.
choose() {
	local port
	CHOSEN=()
	for port; do
		node "$port"
		CHOSEN+=("$ADDRESS")
	done
	if [ $# = 0 ]; then
		nodes
		CHOSEN=("${ALL[@]}")
	fi
}

# answers ADDRESS succeeds if that node serves.
answers() { CAP_TIMEOUT=${CAP_PROBE:-1} request GET "http://$1/healthz" >/dev/null 2>&1; }

# each METHOD PATH [DATA] makes the same call at each chosen node, and ends the
# script: with 1 if a node did not answer or refused, else with 0.
each() {
	local method=$1 path=$2 address failed=0
	shift 2
	local -a missed=()
	for address in "${CHOSEN[@]}"; do
		if answers "$address"; then
			request "$method" "http://$address$path" "$@" || failed=1
		else
			missed+=("$address")
		fi
	done
	[ ${#missed[@]} = 0 ] || die "${#missed[@]} of ${#CHOSEN[@]} nodes did not answer: ${missed[*]}"
	exit $failed
}

# one [PORT] sets ADDRESS to that of the node with this port. Without a port it
# takes a random node that answers.
one() {
	if [ -n "${1:-}" ]; then
		node "$1"
		return
	fi
	nodes
	local -a left=("${ALL[@]}")
	local i
	while [ ${#left[@]} -gt 0 ]; do
		i=$((RANDOM % ${#left[@]}))
		ADDRESS=${left[i]}
		answers "$ADDRESS" && return
		left=("${left[@]:0:i}" "${left[@]:i+1}")
	done
	die "no node answers (asked ${ALL[*]})"
}

# escape TEXT prints TEXT percent-encoded, for a path.
escape() {
	local LC_ALL=C text=$1 out='' c i
	for ((i = 0; i < ${#text}; i++)); do
		c=${text:i:1}
		case $c in
		[a-zA-Z0-9_~-]) out+=$c ;;
		.) out+=$c ;;
		*)
			printf -v c '%%%02X' "'$c"
			out+=%${c: -2}
			;;
		esac
	done
	printf '%s' "$out"
}

# quote TEXT prints TEXT as a JSON string.
quote() {
	local text=$1
	text=${text//\\/\\\\}
	text=${text//\"/\\\"}
	text=${text//$'\n'/\\n}
	text=${text//$'\r'/\\r}
	text=${text//$'\t'/\\t}
	printf '"%s"' "$text"
}
