# Every target needs only Go, but for race (gcc) and emulate (qemu-user-static).
export CGO_ENABLED = 0

.PHONY: all check test race emulate bench fuzz golden cross

all: check test

check: # format, vet, staticcheck
	test -z "$$(gofmt -l $$(git ls-files '*.go'))"
	go vet ./...
	GOARCH=arm64 go vet ./asm
	go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...

test:
	go test ./...
	go test -short -tags purego ./...
	go test -short -tags nogpu ./...

race:
	CGO_ENABLED=1 go test -short -race ./...

emulate: # the packages that see bytes and instructions, on other machines
	GOARCH=arm64 go test -short -exec qemu-aarch64-static ./asm ./tensor/... ./loader/gguf ./tokenizer
	GOARCH=arm64 go test -short -exec "qemu-aarch64-static -cpu cortex-a72" ./asm
	GOARCH=s390x go test -short -exec qemu-s390x-static ./asm ./tensor/... ./loader/gguf ./tokenizer

bench:
	go test -run '^$$' -bench . . ./asm ./tensor/quant ./tokenizer ./sample ./cmd/run

FUZZTIME ?= 10s
fuzz: # every target for FUZZTIME
	@set -e; for dir in $$(git grep -l '^func Fuzz' -- '*_test.go' | xargs -n1 dirname | sort -u); do \
		for f in $$(cat $$dir/*_test.go | sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' | sort -u); do \
			echo "$$dir $$f"; go test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) ./$$dir; \
		done; done

golden: # rewrite what tests generate: docs/models.md and the golden files
	go test ./model/... -update

TARGETS = linux/amd64 linux/arm64 linux/riscv64 linux/386 linux/s390x darwin/amd64 darwin/arm64 \
	windows/amd64 windows/arm64 freebsd/amd64
cross:
	@set -e; for t in $(TARGETS); do echo $$t; GOOS=$${t%/*} GOARCH=$${t#*/} go build ./... ; done
	go build -tags nogpu,purego ./...
