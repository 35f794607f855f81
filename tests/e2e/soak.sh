#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# The acceptance test over many epochs: soak.sh FOLDER_OF_PROGRAMS; VENUS_SOAK_EPOCHS=200.
exec python3 "$(dirname "$0")/devnet_test.py" --programs "$1" --epochs "${VENUS_SOAK_EPOCHS:-200}"
