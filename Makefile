# make run   builds Partyline and starts it on this machine
# make test  checks everything; installs the Debian and npm packages it lacks
GO ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
BUILD = CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)"

.PHONY: build run packages image test setup lint unit race peers dist page web shots bench quality soak fuzz prompts

build:
	$(BUILD) -o bin/partyline ./cmd/partyline

run: build
	bin/partyline serve

# Debian packages for amd64 and arm64, into build/packages.
packages:
	GO="$(GO)" VERSION="$(VERSION)" sh configs/packaging/build.sh

# The container image "partyline", by whatever of podman, buildah and docker is here.
image:
	GO="$(GO)" VERSION="$(VERSION)" sh configs/packaging/image.sh
	@builder=$$(command -v podman || command -v buildah || command -v docker) || { echo "the image's root is build/image; podman, buildah or docker builds the image from it"; exit 1; }; \
	case $$builder in */docker) format="";; *) format="--format docker";; esac; \
	$$builder build $$format -t partyline -f configs/packaging/Containerfile build/image

test: setup lint unit race peers page web

# Debian packages of the peers and tools that the tests call.
setup:
	@sh test/setup.sh

lint:
	@out=$$($(GO) tool gofumpt -l $$(git ls-files '*.go')); test -z "$$out" || { echo "not formatted with gofumpt:"; echo "$$out"; exit 1; }
	$(GO) vet -tags peers ./...
	$(GO) tool staticcheck -tags peers ./...
	CGO_ENABLED=0 GOOS=windows $(GO) build ./media ./webrtc ./sip ./control
	CGO_ENABLED=0 GOOS=darwin GOARCH=arm64 $(GO) build ./media ./webrtc ./sip ./control

# What a test found wrong beside all the others must not be found again alone.
TEST = GO="$(GO)" sh test/again.sh

# Allocations are counted here, without the race detector.
unit:
	$(TEST) ./...

# What computes much and is not ours runs without the detector: SQLite, Opus, password
# hashes, the reader of migrations, compression. All that calls it is watched.
UNWATCHED = modernc.org/... github.com/thesyncim/gopus/... golang.org/x/crypto/... github.com/pressly/goose/... compress/flate
RACE = -race -short $(foreach p,$(UNWATCHED),-gcflags=$(p)=-race=0)
race:
	AGAIN="$(RACE)" $(TEST) $(RACE) ./...

# Real phones, captures and loads against the built binary.
peers: build
	AGAIN="-tags peers" $(TEST) -count=1 -p 1 -tags peers $$($(GO) list ./test/... | grep -v /test/peers)
	AGAIN="-tags peers" $(TEST) -count=1 -p 2 -parallel 5 -tags peers -timeout 15m ./test/peers/...

# npm packages as the lock file has them; again only when it changed.
%/node_modules/.package-lock.json: %/package-lock.json
	cd $* && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund
	@touch $@

# The page, anew from web/ui. It is committed, so that Go alone builds Partyline.
dist: web/ui/node_modules/.package-lock.json
	cd web/ui && npm run build

# The page's types, words and tests, and that what is committed is what its source builds.
page: web/ui/node_modules/.package-lock.json
	cd web/ui && npm run check && npm test
	rm -rf build/dist
	cd web/ui && npm run build -- --outDir ../../build/dist --emptyOutDir
	@diff -rq web/dist build/dist || { echo "web/dist is not what web/ui builds: run make dist"; exit 1; }
	cd web/ui && npm run size

# The built gateway with Chromium, telephones and a TURN relay.
web: build test/web/node_modules/.package-lock.json
	$(GO) build -o build/h323-endpoint ./test/endpoint/call
	cd test/web && npm run check && npm test

# A picture of every state of the page, into build/shots.
shots: build test/web/node_modules/.package-lock.json
	cd test/web && npm run shots

# What this machine holds and how late sound is, then the packages' benchmarks, in
# less than ten minutes. `go run ./test/bench -capacity` takes longer.
bench:
	$(GO) run ./test/bench -micro 2

# How it sounds, scored; the recordings are in build/quality.
quality:
	$(GO) run ./test/quality

# An hour of joins and leaves, every attack and fault at its full measure (a table of them
# is in build/faults.md); every fuzz target for a minute, those of H.323 for ten.
soak: build fuzz test/web/node_modules/.package-lock.json
	CGO_ENABLED=0 GOOS=windows $(GO) build -o /dev/null ./cmd/partyline
	cd test/web && SOAK=1 npx playwright test --project=rooms --project=pages --grep @soak
	rm -f build/faults.jsonl
	$(GO) test -count=1 -p 1 -tags "peers soak" -timeout 240m -run Soak ./test/...
	$(GO) run ./test/faults/table

fuzz:
	@sh test/fuzz.sh 60s 10m

# The spoken words, anew from prompts/texts.json; needs pico2wave, sox and opusenc.
prompts:
	$(GO) generate ./prompts
