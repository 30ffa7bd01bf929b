#!/bin/sh
# Compares the images: those of the engine or, without one, images that tare packs.
# Then the image to compare with is packed on ALPINE_ROOTFS, an Alpine minirootfs, or is
# ALPINE_IMAGE, an image in a registry. Without either, it is packed on Alpine's image,
# if a registry answers within a few seconds.
set -eu
image=${IMAGE:-devops-go}
if docker info >/dev/null 2>&1; then
  make -s images
  exec dist/tare compare --mask --gzip "docker-daemon:$image:scratch" "docker-daemon:$image:alpine" "docker-daemon:$image:single-stage"
fi
echo "compare: no Docker Engine is reachable: comparing images packed by tare" >&2
ALPINE_ROOTFS='' sh scripts/pack.sh dist/devops-go.tar dist/app >/dev/null
set -- dist/devops-go.tar
if [ -n "${ALPINE_ROOTFS:-}" ]; then
  sh scripts/pack.sh dist/devops-go-alpine.tar dist/app >/dev/null
  set -- "$@" dist/devops-go-alpine.tar
elif [ -n "${ALPINE_IMAGE:-}" ]; then
  set -- "$@" "$ALPINE_IMAGE"
else
  base=docker://alpine:${ALPINE_VERSION:-3.20}
  limit=
  if command -v timeout >/dev/null; then limit='timeout 5'; fi
  # shellcheck disable=SC2086 # the command is words
  if $limit dist/tare weigh "$base" >/dev/null 2>&1 &&
    ALPINE_BASE=$base sh scripts/pack.sh dist/devops-go-alpine.tar dist/app >/dev/null; then
    set -- "$@" dist/devops-go-alpine.tar
  else
    echo "compare: $base can't be pulled: set ALPINE_ROOTFS=FILE (a minirootfs) or ALPINE_IMAGE=docker://REF to compare with Alpine" >&2
    exec dist/tare weigh --mask "$@"
  fi
fi
exec dist/tare compare --mask "$@"
