#!/bin/sh
# Builds one of the repository's binaries: scripts/build.sh app|tare OUTPUT
#
# All build flags are here; the Makefile, the release script and both Dockerfiles call
# this script. VERSION and REVISION in the environment are linked into the binary;
# GOOS, GOARCH and the like choose the target. The same source, Go version and values
# give the same bytes everywhere. A lever is a measure that makes the binary smaller:
# SIZE_REPORT.md shows what each saves and costs, and internal/levers has those that
# edit the standard library. LEVERS, a list of names, builds with only those levers;
# LEVERS=strip works with any version of Go.
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

# The levers of this script; the others are in internal/levers.
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
# http1: both binaries speak HTTP/1.1 only; a build tag of net/http omits HTTP/2.
lever http1 && set -- "$@" -tags=nethttpomithttp2
flags=
# tare is compiled without inlining in packages that mostly wait for the network or
# handle only a few bytes of an image. docs/tare.md says what that saves and costs.
inline_tare() {
  for packages in 'crypto/...' net 'net/...' 'vendor/...' encoding/asn1 math/big 'debug/...' \
    regexp/syntax reflect time context 'text/...' mime 'mime/...' log os io/fs os/exec os/user \
    internal/poll path/filepath flag fmt encoding/json \
    devops-go/cmd/tare devops-go/internal/audit devops-go/internal/bundle devops-go/internal/compare \
    devops-go/internal/dockerconfig devops-go/internal/elfinfo devops-go/internal/engine \
    devops-go/internal/image devops-go/internal/pack devops-go/internal/registry \
    devops-go/internal/report devops-go/internal/sbom devops-go/internal/userdb devops-go/internal/verify
  do flags="$flags -gcflags=$packages=-l"; done
}
# The compiler inlines functions of a cost of up to 80. With the experimental inliner,
# this budget can be changed by a difference: it is close to zero in general and the
# usual one in packages that serve requests.
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
