# SPDX-License-Identifier: MIT OR Apache-2.0
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
# All code ends in executables: one flag for libraries and programs lets them share precompiled headers.
add_compile_options(-fPIE)

set(VENUS_SANITIZE "" CACHE STRING "Comma separated sanitizers, e.g. address,undefined")
option(VENUS_FUZZ "Build the libFuzzer targets" OFF)

find_program(VENUS_CCACHE ccache)
if(VENUS_CCACHE)
  # pch_defines and time_macros let objects that use a precompiled header be cached.
  set(launcher ${CMAKE_COMMAND} -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
    ${VENUS_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()

set(CMAKE_CXX_FLAGS_RELEASE "-O2 -gline-tables-only")
set(CMAKE_C_FLAGS_RELEASE "-O2 -gline-tables-only")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g")

# Flags of our own code only; third-party headers are included as system headers.
add_library(venus_flags INTERFACE)
target_compile_options(venus_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual -Wthread-safety -Werror
  # libstdc++ 12's own std::stable_sort calls what it marks as deprecated.
  -Wno-deprecated-declarations
  -fstack-protector-strong -fno-omit-frame-pointer)
target_compile_definitions(venus_flags INTERFACE
  BOOST_ASIO_HAS_STD_INVOKE_RESULT BOOST_ASIO_NO_DEPRECATED
  SPDLOG_FMT_EXTERNAL SPDLOG_COMPILED_LIB)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(venus_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  target_compile_definitions(venus_flags INTERFACE _GLIBCXX_ASSERTIONS)
endif()
target_link_options(venus_flags INTERFACE
  -fuse-ld=lld-19 -pie -Wl,-z,relro,-z,now -Wl,--gc-sections)
if(VENUS_SANITIZE)
  target_compile_options(venus_flags INTERFACE
    -fsanitize=${VENUS_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(venus_flags INTERFACE -fsanitize=${VENUS_SANITIZE})
endif()
if(VENUS_FUZZ)
  target_compile_options(venus_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
