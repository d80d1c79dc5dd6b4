# edge-deploy: build, test, install. One file, no recursion. `make help` lists the targets.

PREFIX ?= /usr/local
VERSION := 0.1.0
B := build

CC ?= cc
CXX ?= c++
PKG_CONFIG ?= pkg-config
PACKAGES := libcurl jansson libgit2 libarchive libcrypto libmicrohttpd expat libbrotlienc libdeflate
# libwabt has no .pc file; where it lies can be said with WABT_PREFIX.
WABT_PREFIX ?= $(shell for p in /usr /usr/local /opt/homebrew; do \
	[ -f $$p/include/wabt/binary-reader.h ] && echo $$p && break; done)
ifneq ($(WABT_PREFIX),/usr)
WABT_CPPFLAGS := -I$(WABT_PREFIX)/include
WABT_LDFLAGS := -L$(WABT_PREFIX)/lib
endif

OPTIMIZE ?= -O2
CPPFLAGS += -I. -D_XOPEN_SOURCE=700 -DEDGE_DEPLOY_VERSION='"$(VERSION)"'
CFLAGS += -std=c11 -g $(OPTIMIZE) $(SANITIZE) -pthread -Wall -Wextra -Wpedantic -Wshadow -Wconversion \
	-Wno-unknown-warning-option -Wno-format-truncation
CXXFLAGS += -std=c++17 -g $(OPTIMIZE) $(SANITIZE) -pthread -Wall -Wextra
LDFLAGS += $(SANITIZE) -pthread
PACKAGE_CFLAGS = $(eval PACKAGE_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PACKAGES)))$(PACKAGE_CFLAGS)
PACKAGE_LIBS = $(eval PACKAGE_LIBS := $(shell $(PKG_CONFIG) --libs $(PACKAGES)))$(PACKAGE_LIBS)
LIBS = $(WABT_LDFLAGS) $(PACKAGE_LIBS) -lwabt -lzopfli -lz -lm

PLATFORMS := $(notdir $(patsubst %/driver.c,%,$(wildcard platforms/*/driver.c)))
PKG_SOURCES := $(wildcard pkg/*/*.c) $(B)/embedded.c
PLATFORM_SOURCES := $(wildcard platforms/*/*.c) $(B)/platforms.c
CMD_SOURCES := $(wildcard cmd/*.c)
UNIT_SOURCES := $(wildcard tests/unit/*.c)
object = $(patsubst %.c,$(B)/%.o,$(patsubst $(B)/%,%,$(1)))
PKG_OBJECTS := $(call object,$(PKG_SOURCES)) $(patsubst %.cc,$(B)/%.o,$(wildcard pkg/*/*.cc))
PLATFORM_OBJECTS := $(call object,$(PLATFORM_SOURCES))
CMD_OBJECTS := $(call object,$(CMD_SOURCES))
UNIT_OBJECTS := $(call object,$(UNIT_SOURCES))

# Short lines; `make V=1` shows the commands.
ifdef V
say = @:
else
say = @printf '  %-5s %s\n' $(1) $@
Q := @
endif

all: $(B)/edge-deploy ## build build/edge-deploy (the default)

$(B)/edge-deploy: $(CMD_OBJECTS) $(PLATFORM_OBJECTS) $(PKG_OBJECTS)
	$(call say,LINK)
	$(Q)$(CXX) $(LDFLAGS) -o $@ $^ $(LIBS)

# Unit tests link their own table of platforms (fake_platform.c); the real halves are linked too,
# their files may be tested one by one.
$(B)/unit: $(UNIT_OBJECTS) $(patsubst %,$(B)/%.o,$(basename $(wildcard platforms/*/*.c))) $(PKG_OBJECTS)
	$(call say,LINK)
	$(Q)$(CXX) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/unit_tests.h: $(UNIT_SOURCES)
	@mkdir -p $(@D)
	@{ printf '#define TESTS(X)'; ls tests/unit/test_*.c | sed 's|.*/test_\(.*\)\.c| X(\1)|' | tr -d '\n'; echo; } >$@
$(B)/tests/unit/run.o: $(B)/unit_tests.h
$(B)/tests/unit/run.o: CPPFLAGS += -DUNIT_TESTS='"$(B)/unit_tests.h"' 

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CPPFLAGS) $(PACKAGE_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/%.o: %.cc
	@mkdir -p $(@D)
	$(call say,CXX)
	$(Q)$(CXX) $(CPPFLAGS) $(WABT_CPPFLAGS) $(CXXFLAGS) -MMD -MP -c -o $@ $<

$(B)/platforms.o $(B)/embedded.o: $(B)/%.o: $(B)/%.c
	$(call say,CC)
	$(Q)$(CC) $(CPPFLAGS) $(PACKAGE_CFLAGS) $(CFLAGS) -Wno-overlength-strings -MMD -MP -c -o $@ $<

# What there is to embed: remade when a platform or a template comes or goes.
EMBEDDED := $(shell find templates -type f) pkg/manifest/schema.json pkg/report/html.css pkg/report/html.js pkg/proof/probes.json $(wildcard pkg/runtime/*.mjs pkg/bench/*.mjs)
$(B)/embedded.list: FORCE
	@mkdir -p $(@D)
	@echo '$(PLATFORMS) $(EMBEDDED)' | cmp -s - $@ || echo '$(PLATFORMS) $(EMBEDDED)' >$@

$(B)/platforms.c: $(B)/embedded.list platforms/table.sh platforms/embed.sh $(wildcard platforms/*/profile.json platforms/*/*.mjs platforms/*.mjs)
	@mkdir -p $(@D)
	$(call say,MAKE)
	$(Q)sh platforms/table.sh $(PLATFORMS) >$@.new && mv $@.new $@

$(B)/embedded.c: $(B)/embedded.list templates/table.sh platforms/embed.sh $(EMBEDDED)
	@mkdir -p $(@D)
	$(call say,MAKE)
	$(Q)sh templates/table.sh >$@.new && mv $@.new $@

-include $(patsubst %.o,%.d,$(CMD_OBJECTS) $(PLATFORM_OBJECTS) $(PKG_OBJECTS) $(UNIT_OBJECTS)) \
	$(B)/tests/bench/scan.d $(B)/tests/html/pages.d $(B)/tests/corpus/lines.d

setup: ## install the Debian packages the build needs
	@sh tests/setup.sh

try: setup ## build, then publish the samples to the built-in sandbox
	@$(MAKE) --no-print-directory all
	@sh tests/try.sh $(B)/edge-deploy

unit: $(B)/unit $(B)/edge-deploy ## the unit tests alone
	$(B)/unit

test: ## install what the tests need, and run every suite: SUITES="unit cases" for some
	@sh tests/setup.sh test
	@$(MAKE) --no-print-directory -j2 all $(B)/unit
	@sh tests/test.sh $(SUITES)

lint: ## layers, words, sizes, format
	@sh tests/lint/lint.sh

asan: ## unit tests and cases under address, undefined-behaviour and leak sanitizers
	@sh tests/test.sh asan

faults: all ## every request of every run fails in every way: FAULTS="cloudflare change lost" for some
	@python3 tests/faults/main.py $(FAULTS)

# Each fuzzer is one file with LLVMFuzzerTestOneInput; clang builds it with everything below cmd/.
FUZZ_FLAGS := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
FUZZERS := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/*.c))
fuzzers: ## build the fuzzers into build/fuzz/
	@$(MAKE) --no-print-directory B=$(B)/fuzz/objects CC=clang CXX=clang++ OPTIMIZE=-O1 \
		SANITIZE="$(FUZZ_FLAGS)" fuzz-link OUT=$(B)/fuzz

ifdef OUT
fuzz-link: $(patsubst tests/fuzz/%.c,$(OUT)/%,$(wildcard tests/fuzz/*.c))
$(OUT)/%: $(B)/tests/fuzz/%.o $(call object,$(wildcard tests/fuzz/shared/*.c)) $(PLATFORM_OBJECTS) $(PKG_OBJECTS)
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CXX) $(LDFLAGS) -fsanitize=fuzzer,address,undefined -o $@ $^ $(LIBS)
endif

fuzz: fuzzers ## run every fuzzer for FUZZ_SECONDS (default 60)
	@sh tests/fuzz/run.sh $(or $(FUZZ_SECONDS),60)

$(B)/bench-scan: $(B)/tests/bench/scan.o $(PLATFORM_OBJECTS) $(PKG_OBJECTS)
	$(call say,LINK)
	$(Q)$(CXX) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/lines: $(B)/tests/corpus/lines.o $(PLATFORM_OBJECTS) $(PKG_OBJECTS)
	$(call say,LINK)
	$(Q)$(CXX) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/html-pages: $(B)/tests/html/pages.o $(PLATFORM_OBJECTS) $(PKG_OBJECTS)
	$(call say,LINK)
	$(Q)$(CXX) $(LDFLAGS) -o $@ $^ $(LIBS)

evidence: all ## measure every runtime found here, and write version and day into the profiles
	@sh tests/engines/run.sh evidence

bench: all $(B)/bench-scan ## our times and sizes against others': BENCH="modules optimize" for some
	@sh tests/bench/run.sh $(BENCH)

install: all ## DESTDIR= PREFIX=
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions \
		$(DESTDIR)$(PREFIX)/share/zsh/site-functions \
		$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	install -m 755 $(B)/edge-deploy $(DESTDIR)$(PREFIX)/bin/edge-deploy
	$(B)/edge-deploy help manual >$(DESTDIR)$(PREFIX)/share/man/man1/edge-deploy.1
	$(B)/edge-deploy completion bash >$(DESTDIR)$(PREFIX)/share/bash-completion/completions/edge-deploy
	$(B)/edge-deploy completion zsh >$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_edge-deploy
	$(B)/edge-deploy completion fish >$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/edge-deploy.fish

# --disable-new-dtags: an rpath that counts for the libraries' own libraries too. Without a build
# identity and with no path of this machine the bytes are the same wherever it is built.
dist-archive: ## a program with its libraries beside it, for other machines: build/dist/*.tar.gz
	@LDFLAGS='-Wl,-rpath,\$$$$ORIGIN/../lib/edge-deploy,--disable-new-dtags,--build-id=none' $(MAKE) --no-print-directory \
		B=build/dist OPTIMIZE='-O2 -g0 -ffile-prefix-map=$(CURDIR)=.' build/dist/edge-deploy
	@sh release/archive.sh $(VERSION)

clean: ## remove build/
	rm -rf $(B)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' Makefile

.PHONY: FORCE all setup try unit test lint asan faults fuzz fuzzers fuzz-link evidence bench install dist-archive clean help
.DELETE_ON_ERROR:
