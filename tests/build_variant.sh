#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds the program alone with another compiler or build type:
# build_variant.sh SOURCE_DIR BUILD_DIR CMAKE_SETTING...
set -eu
source=$1
build=$2
shift 2
cmake -S "$source" -B "$build" -G Ninja -DBUILD_TESTING=OFF "$@"
cmake --build "$build" --target stowage
