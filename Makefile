# Thôn: one Makefile for everything. `make help` lists what it does.
#
# BUILD names the flavour: release (default), asan (ASan + UBSan), fuzz (clang, libFuzzer). Each has its own
# directory under build/, so that they never mix.

VERSION := $(shell awk -F'[()]' 'NR == 1 {print $$2}' packaging/debian/changelog)
RELEASED := $(shell date -u +%s -d "$$(sed -n 's/^ -- .*>  //p' packaging/debian/changelog | head -n 1)")
BUILD   ?= release
B       := build/$(BUILD)
PYTHON  ?= /usr/bin/python3
PKG_CONFIG ?= pkg-config

prefix  ?= /usr
bindir  ?= $(prefix)/bin
sbindir ?= $(prefix)/sbin
unitdir ?= $(prefix)/lib/systemd/system

CFLAGS  ?= -O2 -g
WARN    := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wvla
PKGS    := libsystemd libmosquitto libcurl jansson sqlite3 libgpiod libssl libcrypto libutf8proc inih libturbojpeg libxml-2.0 libcrypt xmlsec1-openssl
CPPFLAGS += -Iinclude -D_GNU_SOURCE -DTHON_VERSION='"$(VERSION)"' -DTHON_RELEASED=$(RELEASED) $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
LIBS    := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null) -lm
# The player alone has GStreamer and what measures loudness: nothing of a daemon links it.
PLAYER_PKGS := gstreamer-1.0 gstreamer-app-1.0 gstreamer-audio-1.0 libebur128 alsa libseccomp
GPIO_API := $(if $(shell $(PKG_CONFIG) --atleast-version=2 libgpiod 2>/dev/null && echo y),v2,v1)

SAN_asan := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -O1
SAN_fuzz := -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined -O1
ifeq ($(BUILD),fuzz)
CC := clang
endif
ALL_CFLAGS = -std=gnu17 $(WARN) $(if $(WERROR),-Werror) $(CFLAGS) $(SAN_$(BUILD)) -MMD -MP
ALL_LDFLAGS = $(LDFLAGS) $(SAN_$(BUILD)) -Wl,--as-needed

# ---- what is built -----------------------------------------------------------------------------------------------
DAEMONS  := $(patsubst src/%/main.c,%,$(wildcard src/*d/main.c))
SHELLS   := $(patsubst src/%/,%,$(sort $(dir $(wildcard src/*d/*.c))))
PLAYER   := $(if $(wildcard src/player/main.c),$(B)/thon-player)
PROGRAMS := $(DAEMONS:%=$(B)/thon-%) $(PLAYER) $(if $(wildcard src/ctl/main.c),$(B)/thonctl)

sources = $(sort $(shell find $(1) -name '*.c' 2>/dev/null))
objects = $(patsubst %.c,$(B)/obj/%.o,$(1))

CORE_SRC  := $(call sources,src/core)
THON_SRC  := $(filter-out src/platform/gpio_v1.c src/platform/gpio_v2.c,$(call sources,src/platform src/store)) \
             $(wildcard src/platform/gpio_$(GPIO_API).c)
SCHEMA    := $(sort $(wildcard src/store/schema/*.sql))
MAIN_OBJ  := $(call objects,$(wildcard src/*/main.c))
ARCHIVES  := $(B)/libthon-core.a $(B)/libthon.a $(SHELLS:%=$(B)/lib%.a) $(B)/libctl.a

UNIT_TESTS := $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/test_*.c))
ADAPTER_TESTS := $(patsubst tests/integration/%.c,$(B)/integration/%,$(wildcard tests/integration/test_*.c))
FUZZERS    := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
FAKES      := $(B)/fakes/fake-providers $(if $(wildcard tests/fakes/cameras/main.c),$(B)/fakes/fake-cameras)
BENCHES    := $(patsubst tests/bench/%.c,$(B)/bench/%,$(wildcard tests/bench/bench_*.c))

.PHONY: all demo test test-system check-asan fuzz bench lint install deb clean help tests-built run-tests deps-%
.DELETE_ON_ERROR:
.SECONDARY:

all: $(PROGRAMS) ## build every program into build/release

$(B)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -c $< -o $@

$(B)/schema.c: $(SCHEMA) src/store/schema/embed.awk
	@mkdir -p $(@D)
	awk -f src/store/schema/embed.awk $(SCHEMA) >$@
$(B)/obj/schema.o: $(B)/schema.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -c $< -o $@

$(B)/libthon-core.a: $(call objects,$(CORE_SRC))
$(B)/libthon.a: $(call objects,$(THON_SRC)) $(if $(SCHEMA),$(B)/obj/schema.o)
$(foreach d,$(SHELLS) ctl,$(eval $(B)/lib$(d).a: $(call objects,$(filter-out %/main.c,$(call sources,src/$(d))))))
$(ARCHIVES):
	@rm -f $@
	$(AR) rcs $@ $^

$(DAEMONS:%=$(B)/thon-%): $(B)/thon-%: $(B)/obj/src/%/main.o $(B)/lib%.a $(B)/libthon.a $(B)/libthon-core.a
	$(CC) $(ALL_LDFLAGS) $^ $(LIBS) -o $@
$(B)/thonctl: $(B)/obj/src/ctl/main.o $(B)/libctl.a $(B)/libthon.a $(B)/libthon-core.a
	$(CC) $(ALL_LDFLAGS) $^ $(LIBS) -o $@

$(B)/obj/src/player/%.o: CPPFLAGS += $(shell $(PKG_CONFIG) --cflags $(PLAYER_PKGS) 2>/dev/null)
$(B)/thon-player: $(call objects,$(call sources,src/player)) $(B)/libthon.a $(B)/libthon-core.a
	$(CC) $(ALL_LDFLAGS) $^ $(shell $(PKG_CONFIG) --libs $(PLAYER_PKGS)) $(LIBS) -o $@

# ---- tests -------------------------------------------------------------------------------------------------------
# Unit tests link the core alone (and utf8proc): what would make it impure does not link.
$(B)/unit/%: $(B)/obj/tests/unit/%.o $(B)/libthon-core.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) $^ $(shell $(PKG_CONFIG) --libs check libutf8proc) -lm -o $@
$(B)/integration/%: $(B)/obj/tests/integration/%.o $(SHELLS:%=$(B)/lib%.a) $(B)/libctl.a $(B)/libthon.a $(B)/libthon-core.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) $^ $(shell $(PKG_CONFIG) --libs check) $(LIBS) -o $@
FUZZ_MAIN := $(if $(filter fuzz,$(BUILD)),-fsanitize=fuzzer,$(B)/obj/tests/fuzz/replay.o)
$(B)/fuzz/%: $(B)/obj/tests/fuzz/%.o $(filter %.o,$(FUZZ_MAIN)) $(SHELLS:%=$(B)/lib%.a) $(B)/libctl.a $(B)/libthon.a $(B)/libthon-core.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) $^ $(filter -f%,$(FUZZ_MAIN)) $(LIBS) -o $@
# The fake providers alone use libmicrohttpd of what is built here so far.
$(B)/fakes/fake-providers: $(call objects,$(wildcard tests/fakes/*.c)) $(B)/libthon.a $(B)/libthon-core.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) $^ $(LIBS) $(shell $(PKG_CONFIG) --libs libmicrohttpd) -o $@
$(B)/fakes/fake-cameras: $(call objects,$(wildcard tests/fakes/cameras/*.c)) $(B)/libthon.a $(B)/libthon-core.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) $^ $(LIBS) -o $@
$(B)/system/%: $(B)/obj/tests/system/%.o $(B)/libthon.a $(B)/libthon-core.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) $^ $(LIBS) -o $@
$(B)/bench/%: $(B)/obj/tests/bench/%.o $(SHELLS:%=$(B)/lib%.a) $(B)/libctl.a $(B)/libthon.a $(B)/libthon-core.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) $^ $(LIBS) -o $@

tests-built: $(PROGRAMS) $(FAKES) $(UNIT_TESTS) $(ADAPTER_TESTS) $(if $(filter fuzz,$(BUILD)),,$(FUZZERS))

# Installs what packaging/debian/control asks for and this machine lacks; the profile adds the tools of one target.
deps-%:
	@packaging/install-deps $*

test: deps-test ## install what is missing, build, run every test but the virtual machines
	@$(MAKE) --no-print-directory tests-built
	@tests/run --build $(B) all
check-asan: deps-test ## unit and integration tests under ASan and UBSan
	@$(MAKE) --no-print-directory BUILD=asan tests-built
	@tests/run --build build/asan all
test-system: deps-system ## boot virtual machines with the package and the kernel's GPIO, and test it there
	@$(MAKE) --no-print-directory deb $(B)/system/gpio-probe $(FAKES)
	@tests/run --build $(B) system
fuzz: deps-dev ## libFuzzer on the parsers, FUZZ_SECONDS each (default 60)
	@$(MAKE) --no-print-directory BUILD=fuzz $(FUZZERS:$(B)/%=build/fuzz/%)
	@tests/fuzz/run build/fuzz
bench: deps-bench ## measure the budgets of the design; writes build/bench/results.json
	@$(MAKE) --no-print-directory $(PROGRAMS) $(FAKES) $(BENCHES)
	@tests/bench/run $(B)
lint: deps-dev ## clang-format, cppcheck, shellcheck, layers, both compilers without a warning
	@tests/lint
demo: deps-demo ## a night of the sample commune in about a minute, live in this terminal
	@$(MAKE) --no-print-directory all $(FAKES)
	@demo/run $(B)

# ---- installation ------------------------------------------------------------------------------------------------
install: all ## install below DESTDIR
	install -d $(DESTDIR)$(bindir) $(DESTDIR)$(sbindir) $(DESTDIR)$(unitdir)
	install -m 755 $(B)/thonctl $(DESTDIR)$(bindir)/
	install -m 755 $(DAEMONS:%=$(B)/thon-%) $(DESTDIR)$(sbindir)/
	$(if $(PLAYER),install -D -m 755 $(PLAYER) $(DESTDIR)$(prefix)/lib/thon/thon-player)
	@packaging/install-files '$(DESTDIR)' '$(prefix)' '$(unitdir)' '$(VERSION)'
# For another release or another machine (make deb DIST=trixie ARCH=arm64) it is built in a chroot of that release.
deb: deps-$(if $(DIST)$(ARCH),chroot,deb) ## build the Debian package into build/deb; with DIST= and ARCH=, for another Debian or machine
	@packaging/$(if $(DIST)$(ARCH),build-deb-for '$(DIST)' '$(ARCH)',build-deb)
clean: ## remove everything that was built
	rm -rf build
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' Makefile | awk -F'|' '{printf "%-14s%s\n", $$1, $$2}'

-include $(shell find build/$(BUILD) -name '*.d' 2>/dev/null)
