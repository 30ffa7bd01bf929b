#!/bin/sh
# Builds one of the repository's binaries: scripts/build.sh app|tare OUTPUT
#
# This is the one place of the build flags: the Makefile and both Dockerfiles
# come here. VERSION and REVISION in the environment are stamped in, GOOS, GOARCH
# and the like choose the target. The same source, Go version and values give the
# same bytes anywhere. SIZE_REPORT.md says what each lever of the appliance earns
# and costs; LEVERS, a list of their names, builds it with only those.
set -eu
cd "$(dirname "$0")/.."
export CGO_ENABLED=0 GOFLAGS= GOWORK=off GOTOOLCHAIN=local
stamp="-X main.version=${VERSION:-devel} -X main.revision=${REVISION:-unknown}"

# tare is small where it is cold and fast where it measures: without padding
# between functions, and without inlining in the packages that wait for a network
# or see a few bytes of an image. docs/tare.md has what that earns and costs.
tare() {
  flags=
  for packages in 'crypto/...' net 'net/...' 'vendor/...' encoding/asn1 math/big 'debug/...' \
    regexp/syntax internal/zstd internal/xcoff mime 'mime/...' log os/exec os/user flag \
    devops-go/cmd/tare devops-go/internal/compare devops-go/internal/dockerconfig \
    devops-go/internal/engine devops-go/internal/pack devops-go/internal/registry devops-go/internal/sbom
  do flags="$flags -gcflags=$packages=-l"; done
  # shellcheck disable=SC2086 # the flags are words
  exec go build -buildvcs=false -trimpath -tags nethttpomithttp2 $flags \
    -ldflags "-s -w -buildid= -funcalign=1 $stamp" -o "$1" ./cmd/tare
}

case $1 in
tare) tare "$2" ;;
app) ;;
*) echo "usage: $0 app|tare OUTPUT" >&2; exit 2 ;;
esac

lever() { case " ${LEVERS-strip buildid funcalign http1 noproxy inline} " in *" $1 "*) ;; *) return 1 ;; esac; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
output=$2
set --
ldflags=$stamp

# strip: no symbol table, no DWARF.
lever strip && ldflags="-s -w $ldflags"
# buildid: nothing reads it.
lever buildid && ldflags="-buildid= $ldflags"
# funcalign: functions follow each other without padding.
lever funcalign && ldflags="-funcalign=1 $ldflags"
# http1: the service speaks HTTP/1.1; net/http has a build tag that leaves HTTP/2 out.
lever http1 && set -- "$@" -tags=nethttpomithttp2
# noproxy: http.DefaultTransport, which nothing here uses, is made at start and
# keeps the proxy rules and with them all of IDNA's Unicode tables in the binary.
# One line of its initialisation is left out of the source that is compiled.
if lever noproxy; then
  transport=$(go env GOROOT)/src/net/http/transport.go
  sed '/^\tProxy: *ProxyFromEnvironment,$/d' "$transport" >"$tmp/transport.go"
  if cmp -s "$transport" "$tmp/transport.go"; then
    echo "build.sh: $transport has no line 'Proxy: ProxyFromEnvironment,': see the lever noproxy" >&2
    exit 1
  fi
  printf '{"Replace": {"%s": "%s"}}\n' "$transport" "$tmp/transport.go" >"$tmp/overlay.json"
  set -- "$@" -overlay="$tmp/overlay.json"
fi
# inline: the compiler inlines what costs up to 80 nodes. Its newer inliner takes
# another budget, given as the difference from that: next to nothing everywhere,
# more on a request's way, all of it in the packages that speak HTTP.
budget() {
  difference=$1
  shift
  for packages; do flags="$flags -gcflags=$packages=-d=inlbudgetslack=$difference"; done
}
flags=
if lever inline; then
  export GOEXPERIMENT=newinliner
  budget -75 all
  budget -60 net internal/poll syscall sync time internal/strconv strconv strings \
    context io
  budget -34 runtime runtime/... internal/runtime/...
  budget 1 net/http net/textproto vendor/golang.org/x/net/http/httpguts bufio internal/sync devops-go/internal/service devops-go/internal/jsonenc
fi

# shellcheck disable=SC2086 # the flags are words
go build -buildvcs=false -trimpath "$@" $flags -ldflags "$ldflags" -o "$output" .
