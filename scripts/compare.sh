#!/bin/sh
# Sets the images side by side: those of the engine, or without one those that
# tare packs. ALPINE_ROOTFS, a minirootfs, or ALPINE_IMAGE, an image in a registry,
# gives the packed one its Alpine neighbour; without either, the appliance packed
# on Alpine's image is, where a registry answers within a few seconds.
set -eu
image=${IMAGE:-devops-go}
if docker info >/dev/null 2>&1; then
  make -s images
  exec dist/tare compare --mask --gzip "docker-daemon:$image:scratch" "docker-daemon:$image:alpine" "docker-daemon:$image:single-stage"
fi
echo "compare: no Docker Engine answers: the images are packed by tare" >&2
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
    echo "compare: no registry gives $base: ALPINE_ROOTFS=FILE (a minirootfs) or ALPINE_IMAGE=docker://REF puts Alpine beside it" >&2
    exec dist/tare weigh --mask "$@"
  fi
fi
exec dist/tare compare --mask "$@"
