# Languages, warnings, sanitizers, tools and the packages that everything uses.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()

find_package(fmt REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(Boost REQUIRED COMPONENTS iostreams)
find_package(ZLIB REQUIRED)
find_package(LibLZMA REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
add_library(zstd::zstd ALIAS PkgConfig::ZSTD)

# What every target of ours compiles with.
add_library(kilburn_options INTERFACE)
target_compile_options(kilburn_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Woverloaded-virtual -Werror -ffp-contract=off)
if(KILBURN_SANITIZE)
  target_compile_options(kilburn_options INTERFACE
    -fsanitize=${KILBURN_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(kilburn_options INTERFACE -fsanitize=${KILBURN_SANITIZE})
endif()
if(KILBURN_COVERAGE)
  target_compile_options(kilburn_options INTERFACE --coverage)
  target_link_options(kilburn_options INTERFACE --coverage)
endif()
if(KILBURN_TIDY)
  find_program(CLANG_TIDY clang-tidy REQUIRED)
  set(CMAKE_CXX_CLANG_TIDY ${CLANG_TIDY} --quiet)
endif()

# SystemC 2.3.4 of the distribution is built for C++17 and checks for it at link time.
if(KILBURN_PLATFORM)
  find_package(SystemCLanguage QUIET)
  add_library(kilburn_systemc INTERFACE)
  if(TARGET SystemC::systemc)
    target_link_libraries(kilburn_systemc INTERFACE SystemC::systemc)
  else()
    find_library(SYSTEMC_LIBRARY systemc REQUIRED)
    target_link_libraries(kilburn_systemc INTERFACE ${SYSTEMC_LIBRARY} pthread)
  endif()
  target_compile_definitions(kilburn_systemc INTERFACE
    SC_CPLUSPLUS=201703L SC_INCLUDE_DYNAMIC_PROCESSES)

  # Device trees: libfdt-dev, which has no pkg-config file.
  find_path(FDT_INCLUDE_DIR libfdt.h REQUIRED)
  find_library(FDT_LIBRARY fdt REQUIRED)
  add_library(fdt::fdt UNKNOWN IMPORTED)
  set_target_properties(fdt::fdt PROPERTIES IMPORTED_LOCATION ${FDT_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${FDT_INCLUDE_DIR})
endif()
