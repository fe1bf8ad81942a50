# freeze.sh and unfreeze.sh source this file. It has the two ways to freeze a node. The
# node's number is NUMBER, and its address is ADDRESS.

readonly chain=CAP_PLAYGROUND

# playground VERB RESULT calls the playground, which freezes or unfreezes the node.
playground() {
	if request POST "$PLAYGROUND/api/nodes/$NUMBER/$1" >/dev/null 2>&1; then
		echo "${ALL[NUMBER - 1]} is $2"
		return
	fi
	[ "$STATUS" != 000 ] || die "no playground answers at $PLAYGROUND. Without one use --iptables, or kill -STOP"
	printf '%s\n' "$ANSWER" >&2
	return 1
}

# filter ARGUMENTS… calls iptables, and waits if another program holds its lock.
filter() { iptables --wait 5 "$@"; }

need_filter() {
	[ "$(uname)" = Linux ] || die "--iptables: only Linux has it"
	command -v iptables >/dev/null || die "--iptables: iptables is not installed"
	filter --numeric --list INPUT >/dev/null 2>&1 || die "--iptables: needs root, and a kernel that has it"
}

# filter_node drops the node's packets in both directions:
#   - packets of the node's own port: its REST API, and the messages of its peers;
#   - packets of the streams that the node opened to its peers. If no other program
#     has the node's address, the address identifies these streams. 127.0.0.1 is also
#     the address of every client on this machine, and no client may be cut off. With
#     a shared address the node's process identifies the open streams. The node's
#     number identifies new streams: a stream sends it when it opens.
filter_node() {
	need_filter
	local host=${ADDRESS%:*} port=${ADDRESS##*:} other stream own
	if rules | grep -q "cap-$port "; then
		echo "$ADDRESS is frozen already"
		return
	fi
	filter --new-chain $chain 2>/dev/null
	hook INPUT
	[[ $host == 127.* ]] || hook OUTPUT
	drop --destination "$host" --destination-port "$port" || die "iptables refused a rule"
	drop --source "$host" --source-port "$port"
	own=1
	[ "$host" = 127.0.0.1 ] && own=''
	for other in "${ALL[@]}"; do
		[ "$other" = "$ADDRESS" ] || [ "${other%:*}" != "$host" ] || own=''
	done
	for other in "${ALL[@]}"; do
		[ "$other" = "$ADDRESS" ] && continue
		local to=(--destination "${other%:*}" --destination-port "${other##*:}")
		local from=(--source "${other%:*}" --source-port "${other##*:}")
		if [ -n "$own" ]; then
			drop --source "$host" "${to[@]}"
			drop "${from[@]}" --destination "$host"
			continue
		fi
		for stream in $(streams "$host" "$port" "$other"); do
			drop --source "$host" --source-port "$stream" "${to[@]}"
			drop "${from[@]}" --destination "$host" --destination-port "$stream"
		done
		drop --source "$host" "${to[@]}" --match string --algo bm --string "X-Cap-Node: $NUMBER"
	done
	echo "$ADDRESS is frozen: its packets are dropped"
}

unfilter_node() {
	need_filter
	local port=${ADDRESS##*:} number
	for number in $(rules --line-numbers | awk -v tag="cap-$port" '{ for (i = 1; i <= NF; i++) if ($i == tag) print $1 }' | sort -rn); do
		filter --delete $chain "$number" || die "iptables refused"
	done
	rules | grep -q 'cap-' || unfilter_all
	echo "$ADDRESS is thawed"
}

unfilter_all() {
	need_filter
	local hook
	for hook in INPUT OUTPUT; do
		while filter --delete $hook --jump $chain 2>/dev/null; do :; done
	done
	filter --flush $chain 2>/dev/null
	filter --delete-chain $chain 2>/dev/null
	! filter --numeric --list $chain >/dev/null 2>&1
}

# hook CHAIN sends the packets of a built-in chain through our chain. A second call
# changes nothing.
hook() { filter --check "$1" --jump $chain 2>/dev/null || filter --insert "$1" --jump $chain; }

# drop MATCH… adds a rule. The rule's comment names the node's port.
drop() { filter --append $chain --protocol tcp "$@" --match comment --comment "cap-${ADDRESS##*:}" --jump DROP; }

rules() { filter --numeric --list $chain "$@" 2>/dev/null; }

# streams HOST PORT OTHER prints the local ports of the connections to OTHER
# that belong to the process that listens at HOST:PORT.
streams() {
	local listening pid inode
	listening=$(socket_field "$(hex "$1:$2")" 00000000:0000 0A inode | head -n 1)
	[ -n "$listening" ] || return
	pid=$(find /proc/[0-9]*/fd -lname "socket:\[$listening\]" 2>/dev/null | cut -d/ -f3 | head -n 1)
	[ -n "$pid" ] || return
	local mine
	mine=" $(find "/proc/$pid/fd" -lname 'socket:*' -printf '%l ' 2>/dev/null)"
	while read -r inode stream; do
		[[ $mine == *" socket:[$inode] "* ]] && printf '%d\n' "0x$stream"
	done < <(socket_field "" "$(hex "$3")" 01 stream)
}

# hex ADDRESS prints an IPv4 host:port in the format of /proc/net/tcp.
hex() {
	local a b c d
	IFS=. read -r a b c d <<<"${1%:*}"
	printf '%02X%02X%02X%02X:%04X' "$d" "$c" "$b" "$a" "${1##*:}"
}

# socket_field LOCAL REMOTE STATE WHAT prints the TCP sockets between these ends: the
# inode if WHAT is "inode", else the inode and the local port. An empty LOCAL means any
# address.
socket_field() {
	awk -v here="$1" -v there="$2" -v state="$3" -v what="$4" '
		(here == "" || $2 == here) && $3 == there && $4 == state {
			split($2, end, ":")
			print what == "inode" ? $10 : $10 " " end[2]
		}' /proc/net/tcp
}
