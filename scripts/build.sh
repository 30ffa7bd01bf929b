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

case $1 in
tare) exec go build -buildvcs=false -trimpath -ldflags "-s -w $stamp" -o "$2" ./cmd/tare ;;
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
# inline: the compiler's usual budget for inlining is 80 nodes. Its newer inliner
# takes another: small everywhere, less small on the way of a request.
if lever inline; then
  export GOEXPERIMENT=newinliner
  set -- "$@" -gcflags=all=-d=inlbudgetslack=-75
  for hot in net/http net internal/poll syscall bufio net/textproto internal/sync sync time \
    runtime runtime/... internal/runtime/... internal/strconv strconv strings context io \
    devops-go/internal/service devops-go/internal/jsonenc; do
    set -- "$@" "-gcflags=$hot=-d=inlbudgetslack=-60"
  done
fi

go build -buildvcs=false -trimpath "$@" -ldflags "$ldflags" -o "$output" .
