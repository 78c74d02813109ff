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
daemon_libs := -lmnl -lnl-route-3 -lnl-3 -lcap -lm
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
		$(if $(V),V=$(V),-s) modules
	$(Q)cp kntp.ko $@

vm-modules: $(addprefix vm-module-,$(KERNELS))
$(addprefix vm-module-,$(KERNELS) debug): vm-module-%: build/modules/%/stamp

build/modules/%/stamp: $(kmod_src) tools/dev/kbuild
	@mkdir -p $(@D)
	@[ -e $(KNTP_CACHE)/k/$*/ready ] || tools/dev/lab-setup $*
	@$(quiet) KBUILD build/modules/$*
	$(Q)tools/dev/kbuild $* $(if $(V),V=$(V),-s) $(KBUILD_FLAGS) modules
	$(Q)touch $@

# ---------------------------------------------------------------------- tests

include tests/Makefile

# ------------------------------------------------------------------ the rest

.PHONY: clean help force
clean:
	rm -rf build $(programs)
	find . -path ./.git -prune -o \( -name '*.o' -o -name '*.ko' -o \
		-name '*.mod' -o -name '*.mod.c' -o -name '.*.cmd' \) -type f -print | \
		xargs -r rm -f
	rm -f Module.symvers modules.order

-include $(shell find build/user build/san -name '*.d' 2>/dev/null)
