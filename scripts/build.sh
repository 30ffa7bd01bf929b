#!/bin/sh
# Builds one of the repository's binaries: scripts/build.sh app|tare OUTPUT
#
# This is the one place of the build flags: the Makefile, the release and both
# Dockerfiles come here. VERSION and REVISION in the environment are stamped in;
# GOOS, GOARCH and the like choose the target. The same source, Go version and
# values give the same bytes anywhere. LEVERS, a list of names, builds with only
# those levers: LEVERS=strip is what any Go can build. SIZE_REPORT.md says what
# each lever of the appliance saves and costs, internal/levers what those do that
# edit the standard library.
set -eu
cd "$(dirname "$0")/.."
case ${1-} in
app) package=. ;;
tare) package=./cmd/tare ;;
*) echo "usage: $0 app|tare OUTPUT" >&2; exit 2 ;;
esac
binary=$1
output=$2
set --
export CGO_ENABLED=0 GOFLAGS= GOWORK=off GOTOOLCHAIN=local
ldflags="-X main.version=${VERSION:-devel} -X main.revision=${REVISION:-unknown}"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# The levers of this script; others are internal/levers'.
own="strip buildid funcalign http1 inline"
lever() { case " ${LEVERS-$own} " in *" $1 "*) ;; *) return 1 ;; esac; }
library=
for name in ${LEVERS-}; do
  case " $own " in *" $name "*) ;; *) library="$library $name" ;; esac
done
[ -n "${LEVERS+set}" ] || library=$binary
if [ -n "$library" ]; then
  # shellcheck disable=SC2086 # the names are words
  GOOS='' GOARCH='' GOARM='' GOEXPERIMENT='' go run ./internal/levers/overlay -o "$tmp" $library
  set -- "$@" -overlay="$tmp/overlay.json"
fi

# strip: no symbol table, no DWARF.
lever strip && ldflags="-s -w $ldflags"
# buildid: nothing reads it.
lever buildid && ldflags="-buildid= $ldflags"
# funcalign: functions follow each other without padding.
lever funcalign && ldflags="-funcalign=1 $ldflags"
# http1: both speak HTTP/1.1 only; net/http has a build tag that leaves HTTP/2 out.
lever http1 && set -- "$@" -tags=nethttpomithttp2
flags=
# tare is small where it is cold and fast where it measures: there is no inlining
# in the packages that wait for a network or see a few bytes of an image.
# docs/tare.md has what that saves and costs.
inline_tare() {
  for packages in 'crypto/...' net 'net/...' 'vendor/...' encoding/asn1 math/big 'debug/...' \
    regexp/syntax internal/zstd internal/xcoff reflect time context 'text/...' mime 'mime/...' log os/exec os/user flag \
    devops-go/cmd/tare devops-go/internal/compare devops-go/internal/dockerconfig \
    devops-go/internal/engine devops-go/internal/pack devops-go/internal/registry devops-go/internal/sbom
  do flags="$flags -gcflags=$packages=-l"; done
}
# The compiler inlines what costs up to 80 nodes. Its newer inliner takes another
# budget, given as the difference from that: next to nothing everywhere, all of it
# in the packages that a request passes through.
budget() {
  difference=$1
  shift
  for packages; do flags="$flags -gcflags=$packages=-d=inlbudgetslack=$difference"; done
}
inline_app() {
  export GOEXPERIMENT=newinliner
  budget -75 all
  budget -60 net net/url strings slices maps io context errors syscall internal/abi unicode/utf8 \
    sync/atomic internal/godebug net/http/internal
  budget -34 runtime internal/runtime/...
  budget 1 internal/poll internal/strconv internal/bytealg internal/chacha8rand \
    internal/stringslite internal/sync sync time bytes bufio net/textproto net/http \
    vendor/golang.org/x/net/http/httpguts devops-go/internal/service devops-go/internal/jsonenc
}
lever inline && inline_$binary

# shellcheck disable=SC2086 # the flags are words
go build -buildvcs=false -trimpath "$@" $flags -ldflags "$ldflags" -o "$output" $package
