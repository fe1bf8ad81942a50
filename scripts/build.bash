# The scripts that build programs for other machines source this file.
#
# build VERSION COMMIT SYSTEM PROCESSOR DIRECTORY writes both programs into DIRECTORY.
# The same source and the same version of Go give the same bytes: the files have no path
# of this machine, no time, no C library and no other state of the checkout in them.
build() {
	local version=$1 commit=$2 system=$3 processor=$4 directory=$5 ending='' program
	[ "$system" = windows ] && ending=.exe
	for program in playground node; do
		CGO_ENABLED=0 GOOS=$system GOARCH=$processor GOFLAGS='' GOAMD64=v1 GOARM64=v8.0 go build -trimpath -buildvcs=false \
			-ldflags "-s -w -buildid= -X capplayground/cluster/usage.release=$version -X capplayground/cluster/usage.commit=$commit" \
			-o "$directory/$program$ending" "./cmd/$program"
	done
}

# commit prints the commit of the checkout. It ends in "-modified" if files differ from it.
commit() {
	local name
	name=$(git rev-parse HEAD 2>/dev/null) || name=unknown
	[ -z "$(git status --porcelain 2>/dev/null)" ] || name+=-modified
	printf '%s\n' "$name"
}

# commit_time prints the time of the commit, in seconds since the Unix epoch.
commit_time() { git log -1 --format=%ct 2>/dev/null || echo 0; }
