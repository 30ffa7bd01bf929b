# The appliance: a single static binary FROM scratch. `--target tare` builds an image of
# tare instead, `--target build` the single-stage image for the comparison.
ARG GO_VERSION=1.26

FROM --platform=$BUILDPLATFORM golang:${GO_VERSION}-alpine AS source
WORKDIR /src
COPY . .
ARG TARGETOS TARGETARCH TARGETVARIANT
ARG VERSION REVISION
ENV GOOS=$TARGETOS GOARCH=$TARGETARCH

FROM source AS build-tare
RUN --mount=type=cache,target=/root/.cache/go-build \
    GOARM=${TARGETVARIANT#v} sh scripts/build.sh tare /tare

# tare runs as root, because it has to read the archives that docker save writes, which
# only their owner can read, and the engine's socket. It needs no other privileges:
# --read-only --cap-drop ALL --cap-add DAC_READ_SEARCH is enough.
FROM scratch AS tare
ARG VERSION REVISION CREATED SOURCE
LABEL org.opencontainers.image.title="tare" \
      org.opencontainers.image.version=$VERSION \
      org.opencontainers.image.revision=$REVISION \
      org.opencontainers.image.created=$CREATED \
      org.opencontainers.image.source=$SOURCE \
      org.opencontainers.image.licenses="MIT"
COPY --from=build-tare /tare /tare
USER 0:0
ENTRYPOINT ["/tare"]

FROM source AS build
RUN --mount=type=cache,target=/root/.cache/go-build \
    GOARM=${TARGETVARIANT#v} sh scripts/build.sh app /app
ENTRYPOINT ["/app"]

FROM scratch
ARG VERSION REVISION CREATED SOURCE
LABEL org.opencontainers.image.title="devops-info-service" \
      org.opencontainers.image.version=$VERSION \
      org.opencontainers.image.revision=$REVISION \
      org.opencontainers.image.created=$CREATED \
      org.opencontainers.image.source=$SOURCE \
      org.opencontainers.image.licenses="MIT AND MPL-2.0"
COPY --from=build /app /app
USER 65532:65532
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["/app", "healthcheck"]
ENTRYPOINT ["/app"]
