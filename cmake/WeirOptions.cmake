# Language level, warnings, sanitizers, hardening, linker and ccache, for every target of the tree.
#
# The flags of our own code hang on the interface target weir_options, which each room links
# privately: who uses the library by add_subdirectory inherits none of them. There are no
# precompiled headers: with ccache a changed .cc costs its own compilation only, and a shared
# header set would put PEGTL or simdjson in front of rooms that may not see them.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS ON) # __int128
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

find_program(WEIR_CCACHE ccache)
if(WEIR_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${WEIR_CCACHE})
endif()

include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)

add_library(weir_options INTERFACE)
# A designated initialiser leaves the other members at their defaults on purpose.
target_compile_options(weir_options INTERFACE -Wall -Wextra -Wshadow -Wconversion
  -Wnon-virtual-dtor -Wno-missing-field-initializers)
option(WEIR_WERROR "Warnings are errors" OFF)
if(WEIR_WERROR)
  target_compile_options(weir_options INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports these inside std::variant and std::vector at -O2, where there is no fault.
  target_compile_options(weir_options INTERFACE -Wno-maybe-uninitialized -Wno-restrict
    -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
endif()

# Bounds and precondition checks of libstdc++: on wherever the point is to find mistakes.
option(WEIR_ASSERTIONS "Checked standard containers (-D_GLIBCXX_ASSERTIONS)" OFF)
if(WEIR_ASSERTIONS OR WEIR_SANITIZE)
  target_compile_definitions(weir_options INTERFACE _GLIBCXX_ASSERTIONS)
endif()

option(WEIR_HARDEN "Stack protector, fortified libc calls, read-only relocations" OFF)
if(WEIR_HARDEN AND NOT WEIR_SANITIZE)
  # -fPIE and -pie come from CMAKE_POSITION_INDEPENDENT_CODE. Debian's own default defines
  # _FORTIFY_SOURCE in some builds, and defining it twice is a warning.
  target_compile_options(weir_options INTERFACE -fstack-protector-strong -U_FORTIFY_SOURCE
    -D_FORTIFY_SOURCE=3)
  target_link_options(weir_options INTERFACE -Wl,-z,relro,-z,now)
endif()

if(WEIR_SANITIZE)
  target_compile_options(weir_options INTERFACE -fsanitize=${WEIR_SANITIZE}
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(weir_options INTERFACE -fsanitize=${WEIR_SANITIZE})
endif()
if(WEIR_BUILD_FUZZ)
  # Coverage counters in every room; only the targets of tests/fuzz link libFuzzer's main.
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "WEIR_BUILD_FUZZ needs clang: cmake --preset fuzz")
  endif()
  target_compile_options(weir_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(WEIR_COVERAGE)
  target_compile_options(weir_options INTERFACE --coverage -fprofile-update=atomic)
  target_link_options(weir_options INTERFACE --coverage)
endif()

# A fast linker where there is one: the dozen test programs relink at every edit.
option(WEIR_FAST_LINKER "Link with mold or lld if found" ON)
if(WEIR_FAST_LINKER)
  find_program(WEIR_MOLD mold)
  find_program(WEIR_LLD ld.lld HINTS /usr/lib/llvm-19/bin)
  if(WEIR_MOLD)
    add_link_options(-fuse-ld=mold)
  elseif(WEIR_LLD)
    get_filename_component(weir_lld_dir ${WEIR_LLD} DIRECTORY)
    add_link_options(-fuse-ld=lld -B${weir_lld_dir})
  endif()
endif()
