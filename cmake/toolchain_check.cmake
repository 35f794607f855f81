# SPDX-License-Identifier: MIT OR Apache-2.0
# GCC 12 miscompiles coroutines (docs: CONTRIBUTING, "Compiler"), so nothing but clang >= 19 builds Venus.
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
  message(FATAL_ERROR "Venus is built by clang-19 or newer; found ${CMAKE_CXX_COMPILER_ID} "
    "${CMAKE_CXX_COMPILER_VERSION}. Run 'make setup', then use a preset: cmake --preset release.")
endif()
