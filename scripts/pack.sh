#!/bin/sh
# Packs the appliance like the Dockerfiles do: scripts/pack.sh OUTPUT BINARY…
# With ALPINE_ROOTFS, an Alpine minirootfs, or ALPINE_BASE, a reference, it is packed on
# Alpine. CREATED, in RFC 3339 format, is the time of the image; VERSION and REVISION
# go into its labels.
set -eu
output=$1
shift
if [ -n "${CREATED:-}" ] && [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
  SOURCE_DATE_EPOCH=$(date -u -d "$CREATED" +%s)
  export SOURCE_DATE_EPOCH
fi
user=65532:65532
tag=devops-go:packed
if [ -n "${ALPINE_ROOTFS:-}" ]; then
  user=1000:1000
  tag=devops-go:packed-alpine
  set -- --layer "$ALPINE_ROOTFS" "$@"
elif [ -n "${ALPINE_BASE:-}" ]; then
  user=1000:1000
  tag=devops-go:packed-alpine
  set -- --base "$ALPINE_BASE" "$@"
fi
exec dist/tare pack -o "$output" --tag "$tag" --user "$user" --expose 8000 --entrypoint /app \
  --healthcheck "--interval=10s --timeout=3s --start-period=5s /app healthcheck" \
  --label org.opencontainers.image.title=devops-info-service \
  --label "org.opencontainers.image.version=${VERSION:-devel}" \
  --label "org.opencontainers.image.revision=${REVISION:-unknown}" \
  --label "org.opencontainers.image.licenses=MIT AND MPL-2.0" ${SBOM:+--sbom "$SBOM"} "$@"
