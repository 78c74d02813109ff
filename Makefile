# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# The front door. make help lists what there is.

VERSION := 0.1

ifeq ($(origin CC),default)
CC := gcc
endif
CFLAGS ?= -O2 -g
PREFIX ?= /usr
DESTDIR ?=
KVER ?= $(shell uname -r)
KNTP_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/kntp
export KNTP_CACHE

# The kernels of the lab; the first one is the default.
KERNELS := 6.1 6.12 7.3

ifeq ($(V),1)
Q :=
quiet = :
else
Q := @
quiet = printf '  %-7s %s\n'
endif

comma := ,

.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

# ---------------------------------------------------------------- user space

warnings := -Wall -Wextra -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wpointer-arith -Wwrite-strings \
	-Wno-unused-parameter $(if $(WERROR),-Werror)
cppflags := -D_GNU_SOURCE -DKNTP_VERSION='"$(VERSION)"' -I. -Iinclude
compile = $(CC) -std=gnu11 $(cppflags) $(warnings) $(CFLAGS) $(CPPFLAGS)
sanitize := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
daemon_libs := -lmnl -lnl-route-3 -lnl-3 -lcap -lseccomp -lcrypto -lm
nl_cflags := $(shell pkg-config --cflags libnl-route-3.0 2>/dev/null || \
	echo -I/usr/include/libnl3)
cppflags += $(nl_cflags)

core_src := $(wildcard kmod/core/*.c)
lib_src := $(core_src) $(wildcard tools/lib/*.c)
daemon_src := $(wildcard daemon/*.c daemon/*/*.c)
kntp_src := $(wildcard tools/kntp/*.c)
programs := $(if $(wildcard daemon/main.c),daemon/kntpd) \
	$(if $(wildcard tools/kntp/main.c),tools/kntp/kntp)

user_obj = $(patsubst %.c,build/user/%.o,$(1))
san_obj = $(patsubst %.c,build/san/%.o,$(1))

.PHONY: all user
all: user $(if $(wildcard kmod/main.c),module)
user: $(programs)

build/user/%.o: %.c build/flags
	@mkdir -p $(@D)
	@$(quiet) CC $<
	$(Q)$(compile) -MMD -MP -c -o $@ $<

# Another compiler or other flags rebuild everything.
build/flags: force
	@mkdir -p $(@D)
	@echo '$(subst ','\'',$(compile) $(LDFLAGS))' | cmp -s - $@ || \
		echo '$(subst ','\'',$(compile) $(LDFLAGS))' >$@

build/user/libkntp.a: $(call user_obj,$(lib_src))
	@$(quiet) AR $@
	$(Q)rm -f $@ && $(AR) rcs $@ $^

daemon/kntpd: $(call user_obj,$(daemon_src)) build/user/libkntp.a
	@$(quiet) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -Wl,--as-needed $(daemon_libs)

tools/kntp/kntp: $(call user_obj,$(kntp_src)) build/user/libkntp.a
	@$(quiet) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -Wl,--as-needed -lmnl -ljansson \
		-lm

# -------------------------------------------------------------------- module

kmod_src := Kbuild $(wildcard kmod/*.[ch] kmod/core/*.[ch] tests/kmod/*) \
	$(wildcard include/uapi/linux/*.h)

.PHONY: module vm-modules $(addprefix vm-module-,$(KERNELS) debug)

# Without the kernel's own BTF there is none to make for a module: no warning.
no_btf := CONFIG_DEBUG_INFO_BTF_MODULES=

# For the running kernel where its headers are, otherwise for the lab's.
ifneq ($(wildcard /lib/modules/$(KVER)/build/Makefile),)
module: build/modules/host/kntp.ko
else ifneq ($(wildcard $(KNTP_CACHE)/k/6.1/ready),)
module: vm-module-6.1
else
module:
	@echo 'make: no headers of kernel $(KVER) and no lab: no module built.' \
		'Install linux-headers, or run tools/dev/lab-setup 6.1' >&2
endif

build/modules/host/kntp.ko: $(kmod_src)
	@mkdir -p $(@D)
	@$(quiet) KBUILD $@
	$(Q)$(MAKE) -C /lib/modules/$(KVER)/build M=$(CURDIR) --no-print-directory \
		$(if $(wildcard /lib/modules/$(KVER)/build/vmlinux),,$(no_btf)) \
		$(if $(V),V=$(V),-s) $(if $(WERROR),KCFLAGS=-Werror) modules
	$(Q)cp kntp.ko $@

# KASAN, lockdep, kmemleak: tests/vm/run -k debug. Once, a quarter of an hour.
.PHONY: debug-kernel
debug-kernel:
	tools/dev/debug-kernel

vm-modules: $(addprefix vm-module-,$(KERNELS))
$(addprefix vm-module-,$(KERNELS) debug): vm-module-%: build/modules/%/stamp

build/modules/%/stamp: $(kmod_src) tools/dev/kbuild
	@mkdir -p $(@D)
	@[ $* = debug ] || [ -e $(KNTP_CACHE)/k/$*/ready ] || tools/dev/lab-setup $*
	@$(quiet) KBUILD build/modules/$*
	$(Q)MAKEFLAGS=-j$$(nproc) tools/dev/kbuild $* $(if $(V),V=$(V),-s) \
		$(if $(WERROR),KCFLAGS=-Werror) modules
	$(Q)touch $@

# ---------------------------------------------------------------------- tests

# Packages that are missing are installed; silent and quick when none is.
.PHONY: deps-build deps-vm deps-lint
deps-build:
	@tools/dev/install-deps build
deps-vm:
	@tools/dev/install-deps vm
	@tools/dev/lab-setup $(firstword $(KERNELS)) peers
deps-lint:
	@tools/dev/install-deps lint

include tests/Makefile

.PHONY: run
run: deps-vm
	+$(Q)$(MAKE) --no-print-directory all test-programs
	tools/dev/demo

# ----------------------------------------------------------------------- lint

c_files := $(sort $(wildcard kmod/*.[ch] kmod/core/*.[ch] include/uapi/linux/*.h \
	tools/lib/*.[ch] tools/*/*.[ch] daemon/*.[ch] daemon/*/*.[ch] tests/*/*.[ch]))
user_src := $(lib_src) $(daemon_src) $(kntp_src)
sh_files = $(shell git ls-files -co --exclude-standard 2>/dev/null | \
	xargs -r grep -lE '^\#!/bin/(ba)?sh' 2>/dev/null; ls tests/lib/lib.sh tools/dev/debian.sh)
man_files := $(wildcard Documentation/man/*.[1-8])
pure_obj := $(patsubst %.c,build/user/pure/%.o,$(core_src))

build/user/pure/%.o: %.c build/flags
	@mkdir -p $(@D)
	$(Q)$(compile) -ffreestanding -mgeneral-regs-only -MMD -MP -c -o $@ $<

.PHONY: layers lint $(addprefix lint-,module user scripts text)
layers: user $(pure_obj)
	@awk -f tools/dev/check-layers.awk layers.txt $(c_files)
	@awk -f tools/dev/check-size.awk $(c_files)
	@tools/dev/check-names.sh build/user build/kmod-$(firstword $(KERNELS))

lint: deps-lint
	+$(Q)$(MAKE) --no-print-directory layers lint-module lint-user \
		lint-scripts lint-text

# checkpatch; sparse, with byte order; kernel-doc.
lint-module:
	@$(quiet) LINT 'checkpatch, kernel-doc'
	$(Q)k=$$(tools/dev/get-kscripts.sh) && \
	tools/dev/lint-kernel.sh $$k $(filter kmod/% include/%,$(c_files))
	@$(quiet) LINT sparse
	$(Q)tools/dev/lint-sparse.sh $(firstword $(KERNELS))

lint-user:
	@$(quiet) LINT 'clang -Werror'
	$(Q)for f in $(user_src); do \
		clang -std=gnu11 -O2 $(cppflags) $(warnings) -Werror -fsyntax-only $$f || exit 1; \
	done
	@$(quiet) LINT cppcheck
	$(Q)cppcheck -q --std=c11 --enable=warning,portability --inline-suppr \
		--error-exitcode=1 --suppressions-list=tools/dev/cppcheck.suppress \
		-j 2 -I. -Iinclude -D__x86_64__ $(user_src)

lint-scripts:
	@$(quiet) LINT shellcheck
	$(Q)shellcheck -x $(sh_files)

lint-text:
	@$(quiet) LINT 'codespell, mandoc, licences'
	$(Q)git ls-files | grep -vE '^(LICENSES|COPYING|tests/(vectors|fuzz/corpus)/)' | \
		xargs codespell -q 3 -I tools/dev/codespell.words
	$(Q)for f in $(man_files); do mandoc -Tlint -Wwarning $$f || exit 1; done
	$(Q)tools/dev/check-spdx.sh

# -------------------------------------------------------------------- install

SBINDIR ?= $(PREFIX)/sbin
MANDIR ?= $(PREFIX)/share/man
LIBEXECDIR ?= $(PREFIX)/libexec/kntp
LIBDIR ?= $(PREFIX)/lib
UNITDIR ?= $(LIBDIR)/systemd/system
COMPDIR ?= $(PREFIX)/share/bash-completion/completions
MODDIR ?= /lib/modules/$(KVER)/updates

# What else the service manager takes: FILE:WHERE IT GOES
service_files := 50-kntpd.list:$(LIBDIR)/systemd/ntp-units.d/50-kntpd.list \
	sysusers.conf:$(LIBDIR)/sysusers.d/kntp.conf \
	tmpfiles.conf:$(LIBDIR)/tmpfiles.d/kntp.conf

.PHONY: install uninstall dkms
install: user
	install -d $(DESTDIR)$(SBINDIR)
	install -m 755 $(programs) $(DESTDIR)$(SBINDIR)
	@for f in $(man_files); do \
		d=$(DESTDIR)$(MANDIR)/man$${f##*.}; \
		install -d $$d && install -m 644 $$f $$d/ || exit 1; \
	done
	@for f in $(wildcard daemon/*.service); do \
		install -d $(DESTDIR)$(UNITDIR) && \
		install -m 644 $$f $(DESTDIR)$(UNITDIR)/ || exit 1; \
	done
	@for f in $(service_files); do \
		install -D -m 644 daemon/systemd/$${f%%:*} $(DESTDIR)$${f#*:} || \
			exit 1; \
	done
	install -D -m 755 daemon/systemd/step-tickers \
		$(DESTDIR)$(LIBEXECDIR)/step-tickers
	@[ -n "$(DESTDIR)" ] || ! command -v systemd-sysusers >/dev/null || \
		{ systemd-sysusers kntp.conf && \
		systemd-tmpfiles --create kntp.conf; }
	@for f in $(wildcard tools/kntp/completion.bash); do \
		install -d $(DESTDIR)$(COMPDIR) && \
		install -m 644 $$f $(DESTDIR)$(COMPDIR)/kntp || exit 1; \
	done
	@if [ -e build/modules/host/kntp.ko ]; then \
		install -d $(DESTDIR)$(MODDIR) && \
		install -m 644 build/modules/host/kntp.ko $(DESTDIR)$(MODDIR)/ && \
		{ [ -n "$(DESTDIR)" ] || depmod -a $(KVER); }; \
	else \
		echo 'make: no module was built for kernel $(KVER): install its headers' \
			'(linux-headers) and run make again, or use dkms' >&2; \
	fi

uninstall:
	rm -f $(addprefix $(DESTDIR)$(SBINDIR)/,$(notdir $(programs))) \
		$(foreach f,$(man_files),$(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $f))/$(notdir $f)) \
		$(addprefix $(DESTDIR)$(UNITDIR)/,$(notdir $(wildcard daemon/*.service))) \
		$(foreach f,$(service_files),$(DESTDIR)$(word 2,$(subst :, ,$(f)))) \
		$(DESTDIR)$(LIBEXECDIR)/step-tickers \
		$(DESTDIR)$(COMPDIR)/kntp $(DESTDIR)$(MODDIR)/kntp.ko

# For dkms: the sources it needs, where it looks for them.
DKMSDIR ?= /usr/src/kntp-$(VERSION)
dkms:
	install -d $(DESTDIR)$(DKMSDIR)
	cp -r --parents Kbuild dkms.conf COPYING LICENSES include \
		$(filter-out Kbuild tests/%,$(kmod_src)) $(DESTDIR)$(DKMSDIR)

# ------------------------------------------------------------------- the rest

.PHONY: clean help force
clean:
	rm -rf build $(programs)
	find . -path ./.git -prune -o \( -name '*.o' -o -name '*.ko' -o \
		-name '*.mod' -o -name '*.mod.c' -o -name '.*.cmd' \) -type f -print | \
		xargs -r rm -f
	rm -f Module.symvers modules.order

help:
	@echo 'all          daemon, tools, and the module (for this kernel or the lab)'
	@echo 'run          see it work: upstream server, kntp and a client'
	@echo 'check        unit tests, simulation, and tests in a guest of kernel $(firstword $(KERNELS))'
	@echo 'check-all    the same on the kernels $(KERNELS)'
	@echo 'check-units  the service under systemd, in a guest; in check, too'
	@echo 'check-nic    with a real network driver, in a newer QEMU; in check-all, too'
	@echo 'unit         the tests that need no guest'
	@echo 'lint layers  static checks'
	@echo 'bench        instructions per reply, against other servers'
	@echo "bench-clock  how well a guest's clock is held, beside chronyd"
	@echo "bench-nic    offsets measured over NICs that stamp, beside chronyd"
	@echo 'sim          the clock in simulation, SEEDS=10 for more (build/sim)'
	@echo 'fuzz         T=admit S=60: fuzz a parser for some seconds (or N=runs)'
	@echo 'vm-modules   the module for $(KERNELS)'
	@echo 'debug-kernel build the kernel of tests/vm/run -k debug (15 minutes)'
	@echo 'install      DESTDIR= PREFIX= KVER=; uninstall; dkms; clean'
	@echo 'V=1 shows commands, WERROR=1 makes warnings errors'

-include $(shell find build/user build/san -name '*.d' 2>/dev/null)
