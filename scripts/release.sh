#!/bin/sh
# Builds the appliance and tare for every platform, packs the appliance into one
# multi-platform image, and writes checksums and SBOMs. Everything goes to dist/release.
set -eu
out=dist/release
rm -rf "$out"
mkdir -p "$out"
apps=
for platform in linux/amd64 linux/arm64 linux/arm/v6 linux/arm/v7 linux/386 linux/riscv64 linux/ppc64le linux/s390x linux/loong64; do
  arch=${platform#linux/}
  arm=${arch#arm/v}
  name=$(echo "$arch" | tr -d /)
  echo "release: $platform" >&2
  for binary in app tare; do
    if [ "$arm" != "$arch" ]; then
      GOOS=linux GOARCH=arm GOARM=$arm sh scripts/build.sh $binary "$out/$binary-linux-$name"
    else
      GOOS=linux GOARCH=$arch sh scripts/build.sh $binary "$out/$binary-linux-$name"
    fi
  done
  mkdir -p "$out/bin/$name"
  cp "$out/app-linux-$name" "$out/bin/$name/app"
  apps="$apps $out/bin/$name/app"
done
# shellcheck disable=SC2086 # the paths are words
SBOM=spdx sh scripts/pack.sh "$out/devops-go.tar" $apps
rm -r "$out/bin"
for format in spdx cyclonedx; do
  dist/tare sbom --format $format --platform linux/amd64 -o "$out/devops-go.$format.json" "$out/devops-go.tar"
done
(cd "$out" && sha256sum -- * >SHA256SUMS)
