#!/bin/sh
# Builds one of the repository's binaries: scripts/build.sh PACKAGE OUTPUT, for example
#
#	sh scripts/build.sh . dist/app
#
# This is the one place of the build flags: the Makefile and both Dockerfiles
# come here. The environment gives VERSION and REVISION, and Go's own variables
# the target. The same source, Go version and values give the same bytes
# anywhere. SIZE_REPORT.md says what each flag earns.
set -eu
export CGO_ENABLED=0 GOFLAGS=-buildvcs=false GOWORK=off
stamp="-X main.version=${VERSION:-devel} -X main.revision=${REVISION:-unknown}"
exec go build -trimpath -tags nethttpomithttp2 -ldflags "-s -w -buildid= -funcalign=1 $stamp" -o "$2" "$1"
