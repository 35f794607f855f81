# SPDX-License-Identifier: MIT OR Apache-2.0
# The front door. Everything behind it is CMake: cmake --preset release && ninja -C build/release.

ifeq ($(strip $(VENUS_CACHE)),)
override VENUS_CACHE := $(HOME)/.cache/venus
endif
export VENUS_CACHE
export CCACHE_DIR ?= $(VENUS_CACHE)/ccache
export PATH := $(VENUS_CACHE)/bin:$(PATH)

PRESET ?= release
JOBS ?= $(shell nproc)
BUILD := build/$(PRESET)
TARGET ?=
TEST ?=
LABEL ?=
EPOCHS ?= 200
FUZZ_SECONDS ?= 60
FILES ?=

.DEFAULT_GOAL := help
.PHONY: help setup configure build test devnet bench soak fuzz lint tidy format clean

help:
	@echo 'make devnet   a Filecoin network of our own with a pool of two miners, on this machine'
	@echo 'make test     every test (TEST=regex: those that match; LABEL=unit|lint|replay|api|interop|e2e|fault)'
	@echo
	@echo 'make setup    install what is missing, fetch crates and actor bundles (the others call it)'
	@echo 'make build    build all (TARGET=name: only that; PRESET=dev|asan|tsan|fuzz)'
	@echo 'make bench    every benchmark (TEST=regex)'
	@echo 'make soak     the pool for EPOCHS=200 epochs'
	@echo 'make fuzz     every decoder for FUZZ_SECONDS=60 each (TEST=regex)'
	@echo 'make lint     directions of includes, headers, formatting'
	@echo 'make tidy     clang-tidy, and every header compiled alone (FILES=regex, e.g. src/ipld/)'
	@echo 'make format   format the sources'
	@echo 'make clean    remove build/ (the cache in $(VENUS_CACHE) stays)'

setup:
	@tools/setup/setup.sh

configure: setup
	@test -f $(BUILD)/build.ninja || cmake --preset $(PRESET)

build: configure
	cmake --build $(BUILD) -j $(JOBS) $(if $(TARGET),--target $(TARGET))

test: build
	ctest --test-dir $(BUILD) --output-on-failure --no-tests=error -j $(JOBS) \
	  $(if $(TEST),-R '$(TEST)') $(if $(LABEL),-L '$(LABEL)')

devnet: build
	$(BUILD)/apps/venus-devnet up

bench: build
	bench/run.sh '$(BUILD)' '$(TEST)'

soak: build
	VENUS_SOAK_EPOCHS=$(EPOCHS) ctest --test-dir $(BUILD) -C soak -L soak --no-tests=error --verbose

fuzz:
	$(MAKE) build PRESET=fuzz TARGET=fuzzers
	fuzz/run.sh $(FUZZ_SECONDS) '$(TEST)'

lint:
	python3 tools/lint/selftest.py
	python3 tools/lint/rooms.py
	python3 tools/lint/files.py
	tools/lint/format.sh --check

tidy: configure
	tools/lint/headers.py $(BUILD) '$(patsubst src/%,%,$(FILES))'
	run-clang-tidy-19 -quiet -p $(BUILD) -j $(JOBS) $(if $(FILES),'$(FILES)','$(CURDIR)/(src|apps)/')

format:
	tools/lint/format.sh

clean:
	rm -rf build
