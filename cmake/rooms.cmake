# SPDX-License-Identifier: MIT OR Apache-2.0
# A room is a folder under src/ with one purpose. Its DEPENDS list is the architecture: it may include
# only what it (transitively) names there; tools/lint/rooms.py checks every #include against it.

# Precompiled headers are shared: "core" (standard library and fmt) by every room, "net" (Asio, Beast,
# Boost.JSON) by the rooms that speak HTTP. A room chooses with PCH core|net|none.
function(venus_pch_donor name)
  file(WRITE "${CMAKE_BINARY_DIR}/pch/${name}.cpp" "")
  add_library(venus_pch_${name} OBJECT "${CMAKE_BINARY_DIR}/pch/${name}.cpp")
  target_link_libraries(venus_pch_${name} PRIVATE venus_flags dep_fmt dep_asio dep_json)
  target_compile_options(venus_pch_${name} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
  target_precompile_headers(venus_pch_${name} PRIVATE "${CMAKE_SOURCE_DIR}/cmake/pch_${name}.hpp")
endfunction()

function(venus_use_pch target name)
  if(NOT name STREQUAL "none")
    target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
    target_precompile_headers(${target} REUSE_FROM venus_pch_${name})
  endif()
endfunction()

# venus_room(NAME [DEPENDS rooms...] [LIBS public libraries...] [PRIVATE_LIBS libraries...]
#            [PCH core|net|none] [TEST_DEPENDS rooms...] [TEST_LABEL unit|...])
# Sources: every *.cpp below the folder. x_test.cpp files form <name>_test, x_bench.cpp <name>_bench,
# files below a test_util/ folder form <name>_test_util, linked only by tests.
function(venus_room name)
  cmake_parse_arguments(ROOM "" "PCH;TEST_LABEL" "DEPENDS;LIBS;PRIVATE_LIBS;TEST_DEPENDS" ${ARGN})
  if(NOT ROOM_PCH)
    set(ROOM_PCH core)
  endif()
  if(NOT ROOM_TEST_LABEL)
    set(ROOM_TEST_LABEL unit)
  endif()
  string(REPLACE "/" "_" target "${name}")

  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  set(tests ${sources})
  set(benches ${sources})
  set(utils ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER benches INCLUDE REGEX "_bench\\.cpp$")
  list(FILTER utils INCLUDE REGEX "/test_util/")
  list(FILTER sources EXCLUDE REGEX "(_test|_bench)\\.cpp$|/test_util/")

  set(scope PUBLIC)
  if(sources)
    add_library(venus_${target} STATIC ${sources})
    venus_use_pch(venus_${target} ${ROOM_PCH})
    target_link_libraries(venus_${target} PRIVATE ${ROOM_PRIVATE_LIBS})
  else()
    set(scope INTERFACE)
    add_library(venus_${target} INTERFACE)
  endif()
  target_include_directories(venus_${target} ${scope} "${CMAKE_SOURCE_DIR}/src")
  target_link_libraries(venus_${target} ${scope} venus_flags ${ROOM_LIBS})
  foreach(room IN LISTS ROOM_DEPENDS)
    string(REPLACE "/" "_" room "${room}")
    target_link_libraries(venus_${target} ${scope} venus_${room})
  endforeach()

  set(test_libs venus_${target})
  foreach(room IN LISTS ROOM_TEST_DEPENDS)
    string(REPLACE "/" "_" room "${room}")
    list(APPEND test_libs venus_${room})
  endforeach()
  if(utils)
    add_library(venus_${target}_test_util STATIC ${utils})
    target_link_libraries(venus_${target}_test_util PUBLIC ${test_libs})
    list(APPEND test_libs venus_${target}_test_util)
  endif()
  if(tests)
    add_executable(${target}_test ${tests})
    venus_use_pch(${target}_test ${ROOM_PCH})
    target_link_libraries(${target}_test PRIVATE ${test_libs} venus_base_test_util
      GTest::gtest GTest::gmock GTest::gtest_main)
    add_test(NAME ${target} COMMAND ${target}_test)
    set_tests_properties(${target} PROPERTIES LABELS ${ROOM_TEST_LABEL} TIMEOUT 900
      ENVIRONMENT "VENUS_SOURCE_DIR=${CMAKE_SOURCE_DIR};VENUS_BUILD_DIR=${CMAKE_BINARY_DIR}")
  endif()
  if(benches)
    add_executable(${target}_bench ${benches})
    venus_use_pch(${target}_bench ${ROOM_PCH})
    target_link_libraries(${target}_bench PRIVATE ${test_libs} venus_base_test_util
      benchmark::benchmark benchmark::benchmark_main)
  endif()
endfunction()

# venus_program(NAME DEPENDS rooms...): apps/<name>.cpp -> build/<preset>/apps/<name>
function(venus_program name)
  cmake_parse_arguments(APP "" "" "DEPENDS" ${ARGN})
  add_executable(${name} "${CMAKE_CURRENT_SOURCE_DIR}/${name}.cpp")
  foreach(room IN LISTS APP_DEPENDS)
    string(REPLACE "/" "_" room "${room}")
    target_link_libraries(${name} PRIVATE venus_${room})
  endforeach()
endfunction()
