#!/bin/sh
# Sets the three images side by side; without an engine, shows what can be shown.
set -eu
image=${IMAGE:-devops-go}
if docker info >/dev/null 2>&1; then
  make -s images
  exec dist/tare compare --gzip "docker-daemon:$image:scratch" "docker-daemon:$image:alpine" "docker-daemon:$image:single-stage"
fi
echo "compare: no Docker Engine answers, so there is no image to weigh; the scratch image is this one file:"
printf '  dist/app  %s bytes, %s by gzip -9\n' "$(wc -c <dist/app)" "$(gzip -9nc dist/app | wc -c)"
