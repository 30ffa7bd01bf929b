# `make help` lists the targets.

VERSION  ?= 1.0.0
REVISION ?= $(shell git describe --always --abbrev=40 --dirty --exclude='*' 2>/dev/null || echo unknown)
CREATED  ?= $(shell TZ=UTC git log -1 --format=%cd --date=format-local:%Y-%m-%dT%H:%M:%SZ 2>/dev/null)
SOURCE   ?= devops-go
GO_VERSION     ?= 1.26
ALPINE_VERSION ?= 3.20
IMAGE ?= devops-go
PORT  ?= 8000

# The packages that start goroutines.
RACE_PACKAGES = ./internal/bundle ./internal/engine ./internal/image ./internal/layers ./internal/parallel \
	./internal/pgzip ./internal/registry ./internal/service ./internal/verify

STATICCHECK   = honnef.co/go/tools/cmd/staticcheck@v0.7.0
ROOTS_MODULE  = golang.org/x/crypto/x509roots/fallback
ROOTS_VERSION = v0.0.0-20261030153154-30a33513ff6d
ROOTS_DATE    = 2026-10-30

export VERSION REVISION CREATED
export CGO_ENABLED = 0

DOCKER_BUILD = docker build --build-arg VERSION --build-arg REVISION \
	--build-arg CREATED=$(CREATED) --build-arg SOURCE=$(SOURCE) \
	--build-arg GO_VERSION=$(GO_VERSION) --build-arg ALPINE_VERSION=$(ALPINE_VERSION)

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## build dist/app and dist/tare
	sh scripts/build.sh app dist/app
	sh scripts/build.sh tare dist/tare

.PHONY: compare
compare: build ## compare the images; without an engine, those that tare packs
	@IMAGE=$(IMAGE) ALPINE_VERSION=$(ALPINE_VERSION) sh scripts/compare.sh

.PHONY: images
images: ## build the three images: scratch, alpine and single-stage
	$(DOCKER_BUILD) -q -t $(IMAGE):scratch . >/dev/null
	$(DOCKER_BUILD) -q -t $(IMAGE):alpine -f Dockerfile.alpine . >/dev/null
	$(DOCKER_BUILD) -q -t $(IMAGE):single-stage --target build . >/dev/null

.PHONY: image-tare
image-tare: ## build an image of tare
	$(DOCKER_BUILD) -q -t tare --target tare .

.PHONY: image-packed
image-packed: build ## pack the scratch image without Docker into dist/devops-go.tar
	sh scripts/pack.sh dist/devops-go.tar dist/app

.PHONY: release
release: build ## build for all platforms, pack an index, write checksums and SBOMs to dist/release
	sh scripts/release.sh

.PHONY: audit
audit: build images ## check the three images against .tare.json
	dist/tare audit --deep --fail-on info docker-daemon:$(IMAGE):scratch
	dist/tare audit --deep docker-daemon:$(IMAGE):alpine
	@echo "the single-stage image must fail:"
	! dist/tare audit --deep docker-daemon:$(IMAGE):single-stage

.PHONY: run
run: images ## run the scratch image on PORT
	docker run --rm -p $(PORT):8000 --read-only --cap-drop ALL $(IMAGE):scratch

.PHONY: test
test: ## run the tests that need only Go
	go test -timeout 30m ./...

.PHONY: test-race
test-race: ## run the tests of concurrent packages with the race detector; needs a C compiler
	CGO_ENABLED=1 go test -race -short -timeout 30m $(RACE_PACKAGES)

# The tests in files with a build tag, as a pattern; the others are those of `make test`.
tests-tagged = ^($(shell grep -rl --include=*_test.go '^//go:build $(1)$$' . | xargs sed -n 's/^func \(Test[A-Za-z0-9_]*\).*/\1/p' | paste -sd'|' -))$$

.PHONY: test-docker
test-docker: build ## run the tests against real images on each engine in ENGINES (sockets), or the default one
	@for socket in $(or $(ENGINES),usual); do \
		[ $$socket = usual ] || export DOCKER_HOST=unix://$$socket; \
		echo "engine: $$(docker version -f '{{.Server.Version}}'), $$(docker info -f '{{.Driver}}'), $$socket"; \
		$(MAKE) test-engine || exit 1; \
	done

.PHONY: test-engine
test-engine: images
	IMAGE=$(IMAGE) go test -count=1 -timeout 40m -tags docker -run '$(call tests-tagged,docker)' ./test ./internal/engine ./internal/audit ./cmd/tare
	IMAGE=$(IMAGE) go run ./internal/sizereport -images -check SIZE_REPORT.md

.PHONY: test-registry
test-registry: build ## run the tests against a real registry
	go test -count=1 -timeout 30m -tags registry -run '$(call tests-tagged,registry)' ./internal/registry ./internal/image ./cmd/tare

.PHONY: test-built
test-built: build ## run the tests of commands and answers on dist/app and dist/tare, and on arm64's where qemu-user-static is
	APP=$(CURDIR)/dist/app go test -count=1 .
	TARE=$(CURDIR)/dist/tare go test -count=1 -skip TestAuditCommand/audit-sarif ./cmd/tare # it states the version
	if command -v qemu-aarch64-static >/dev/null; then \
		GOARCH=arm64 sh scripts/build.sh app dist/app-arm64 && \
		APP="qemu-aarch64-static $(CURDIR)/dist/app-arm64" go test -count=1 .; fi

# The packages with levers that every request passes through.
LEVER_PACKAGES = net/http crypto/tls crypto/x509 net fmt slices time

.PHONY: test-levers
test-levers: ## run the standard library's own tests on what internal/levers edits; PACKAGES chooses some
	PACKAGES="$(PACKAGES)" go test -count=1 -timeout 60m -tags levers ./internal/levers

.PHONY: test-levers-main
test-levers-main: ## the same for the packages that matter most
	$(MAKE) test-levers PACKAGES="$(LEVER_PACKAGES)"

.PHONY: test-swarm
test-swarm: images ## count the requests lost in a rolling update; needs an engine outside any swarm
	IMAGE=$(IMAGE) go test -count=1 -v -timeout 20m -tags swarm -run TestSwarm ./test

.PHONY: test-metrics
test-metrics: build ## check /metrics with promtool
	dist/app -host 127.0.0.1 -port 18643 >/dev/null & trap "kill $$!" EXIT; sleep 1; \
	dist/app get http://127.0.0.1:18643/nope >/dev/null 2>&1; \
	dist/app get http://127.0.0.1:18643/metrics 2>/dev/null | promtool check metrics

.PHONY: bench
bench: build ## compare the appliance with a bare net/http server; counts instructions if valgrind is installed
	go build -o dist/bench ./internal/bench
	go build -trimpath -ldflags "-s -w" -o dist/bare ./internal/bench/bare
	dist/bench dist/app dist/bare

.PHONY: report
report: build images ## measure and write SIZE_REPORT.md
	IMAGE=$(IMAGE) go run ./internal/sizereport -o SIZE_REPORT.md

.PHONY: install-plugin
install-plugin: build ## install tare as a Docker CLI plug-in: docker tare …
	install -D -m 0755 dist/tare "$${DOCKER_CONFIG:-$$HOME/.docker}/cli-plugins/docker-tare"

.PHONY: clean
clean: ## remove dist
	rm -rf dist

.PHONY: check
check: ## check formatting, vet, staticcheck and the rules of the repository
	@unformatted=$$(gofmt -l .); [ -z "$$unformatted" ] || { echo "not formatted with gofmt: $$unformatted"; exit 1; }
	go vet ./...
	go vet -tags docker,registry,levers,swarm ./...
	go run $(STATICCHECK) -tags docker,registry,levers,swarm ./...
	go test -run 'Import|Share|Module' ./test
	go run ./internal/sizereport -check SIZE_REPORT.md

.PHONY: roots
roots: ## regenerate the embedded root certificates from ROOTS_MODULE@ROOTS_VERSION
	dir=$$(cd / && go mod download -json $(ROOTS_MODULE)@$(ROOTS_VERSION) | sed -n 's/^\t"Dir": "\(.*\)",$$/\1/p') && \
	go run ./internal/roots/mkbundle -date $(ROOTS_DATE) -o internal/roots \
		-distrust "$$dir/bundle/bundle.go" "$$dir/bundle/bundle.der"
