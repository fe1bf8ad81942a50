# Sourced by the scripts beside it: which nodes there are, and how to call them.
#
#   NODES       their addresses in order, "127.0.0.1:3001 127.0.0.2:3002 …";
#               without it the playground is asked, or else the usual five are taken
#   PLAYGROUND  its address, http://localhost:8080 unless said otherwise
#   CAP_TOKEN   the token, where the nodes want one

set -u
PLAYGROUND=${PLAYGROUND:-http://localhost:8080}
PLAYGROUND=${PLAYGROUND%/}
[[ $PLAYGROUND == *://* ]] || PLAYGROUND=http://$PLAYGROUND

# die TEXT [STATUS] ends the script: 1 for a failure, 2 for a wrong call.
die() {
	printf '%s: %s\n' "${0##*/}" "$1" >&2
	exit "${2:-1}"
}

# usage prints the comment at the head of the script.
usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; }

# arguments MIN MAX "$@" prints the usage for -h and checks how many there are.
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

# request METHOD URL [DATA] prints the answer's body and fails unless its
# status is a 2xx. STATUS is the status, 000 for no answer.
request() {
	local method=$1 url=$2 answer
	local -a options=(--silent --show-error --globoff --path-as-is --max-time "${CAP_TIMEOUT:-30}" --request "$method" --write-out '\n%{http_code}')
	[ -n "${CAP_TOKEN:-}" ] && options+=(--header "Authorization: Bearer $CAP_TOKEN")
	[ $# -gt 2 ] && options+=(--header 'Content-Type: application/json' --data-binary "$3")
	STATUS=000
	answer=$(curl "${options[@]}" -- "$url") || {
		STATUS=000
		return 1
	}
	STATUS=${answer##*$'\n'}
	answer=${answer%$'\n'*}
	printf '%s\n' "${answer%$'\n'}"
	[[ $STATUS == 2* ]]
}

# nodes sets ALL to every node's address.
nodes() {
	local cluster address
	ALL=()
	if [ -n "${NODES:-}" ]; then
		read -ra ALL <<<"$NODES"
		return
	fi
	if cluster=$(CAP_TIMEOUT=2 request GET "$PLAYGROUND/api/cluster" 2>/dev/null); then
		while read -r address; do
			ALL+=("$address")
		done < <(grep -o '"url": *"http://[^"/]*' <<<"$cluster" | sed 's|.*http://||')
	fi
	if [ ${#ALL[@]} = 0 ]; then
		ALL=(127.0.0.1:3001 127.0.0.2:3002 127.0.0.3:3003 127.0.0.4:3004 127.0.0.5:3005)
	fi
}

# node PORT sets ADDRESS and ID of the node with that port, or that number.
node() {
	nodes
	local i
	for i in "${!ALL[@]}"; do
		if [ "${ALL[i]##*:}" = "$1" ] || [ "$((i + 1))" = "$1" ]; then
			ADDRESS=${ALL[i]} ID=$((i + 1))
			return
		fi
	done
	die "no node with port $1 (there are ${ALL[*]})" 2
}

# answers ADDRESS says whether that node serves.
answers() { CAP_TIMEOUT=${CAP_PROBE:-1} request GET "http://$1/healthz" >/dev/null 2>&1; }

# live sets LIVE to the addresses of the nodes that answer.
live() {
	nodes
	LIVE=()
	local address
	for address in "${ALL[@]}"; do
		answers "$address" && LIVE+=("$address")
	done
	[ ${#LIVE[@]} -gt 0 ] || die "no node answers (asked ${ALL[*]})"
}

# one [PORT] sets ADDRESS to that node's, or to a live one's by chance.
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

# escape TEXT prints it percent-encoded, for a path.
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

# quote TEXT prints it as a JSON string.
quote() {
	local text=$1
	text=${text//\\/\\\\}
	text=${text//\"/\\\"}
	text=${text//$'\n'/\\n}
	text=${text//$'\r'/\\r}
	text=${text//$'\t'/\\t}
	printf '"%s"' "$text"
}
