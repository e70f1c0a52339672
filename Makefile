# stage-flash. `make` lists the targets.

BUILD ?= build
# The compiler for the board: xpm's when `xpm install` has put it there, else the one on PATH.
CROSS ?= $(if $(wildcard xpacks/.bin/arm-none-eabi-gcc),xpacks/.bin/,)arm-none-eabi-

.PHONY: help install build wire readme blobs size demo test check soak bench clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-8s %s\n", $$1, $$2 }'

# npm ci only where the lock file has changed since the last one.
node_modules/.package-lock.json: package-lock.json
	npm ci
	@touch $@

install: node_modules/.package-lock.json ## Install the npm packages

build: install ## Compile the host to dist/
	npm run --silent build

wire: build ## Regenerate stub/wire.gen.h and the tables of PROTOCOL.md from host/protocol/wire.ts
	node dist/tools/gen-wire.js

readme: build ## Put the tool's help and exit codes into README.md
	node dist/tools/gen-readme.js

include stub/build.mk

blobs: build $(BLOBS) ## Compile loader, stub and demo application and record them in stub/manifest.json (needs arm-none-eabi-gcc)
	node dist/tools/record-blobs.js $(BUILD) "$$($(CROSS)gcc -dumpfullversion)"

size: $(BLOBS) ## Show where the bytes of loader and stub go
	@for part in loader starter stub; do echo "$$part: $$(wc -c < $(BUILD)/$$part.bin) bytes"; $(CROSS)nm --size-sort --print-size --radix=d $(BUILD)/$$part.elf | awk '$$3 ~ /[tTrR]/ { printf "  %5d %s\n", $$2, $$4 }' | tail -n 12; done

demo: build ## Flash a real application onto the virtual board over a 300 ms link and boot it
	node dist/cli/main.js demo

test: ## Install what the tests need, build everything, run every test
	@sh test/setup.sh
	@$(MAKE) --no-print-directory check

check: build ## Type-check and run every test, with whatever is installed
	npm run --silent typecheck
	npm test --silent

soak: install ## Try what goes wrong by the thousand, for hours: power cuts, broken connections, faults, malformed input (SOAK_CASES=N: fewer)
	npx vitest run --config test/soak/vitest.config.ts

bench: build ## Measure sessions in virtual time and write docs/bench.md
	node dist/bench/main.js

clean: ## Remove everything that was built
	rm -rf dist $(BUILD) coverage
