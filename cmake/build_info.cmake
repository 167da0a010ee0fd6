# Writes OUTPUT, a C++ file that knows VERSION, BUILD_TYPE and the commit of the sources in SOURCE.
# Run at each build; where nothing changed the file stays as it is, and nothing is built again.
#   cmake -D SOURCE=... -D OUTPUT=... -D VERSION=... -D BUILD_TYPE=... -P build_info.cmake
# Without git, or outside a repository of these very sources, it says that the commit is not known.
set(commit "commit not known (not built in a git repository)")
execute_process(COMMAND git --no-optional-locks -C ${SOURCE} rev-parse --show-toplevel
  OUTPUT_VARIABLE top OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(NOT failed)
  file(REAL_PATH ${SOURCE} source)
  file(REAL_PATH ${top} top)
endif()
if(NOT failed AND top STREQUAL source)
  execute_process(COMMAND git --no-optional-locks -C ${SOURCE} rev-parse --short=12 HEAD
    OUTPUT_VARIABLE hash OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(NOT failed)
    set(commit "commit ${hash}")
    # Files that git does not track do not count: results and notes lie about.
    execute_process(COMMAND git --no-optional-locks -C ${SOURCE} status --porcelain --untracked-files=no
      OUTPUT_VARIABLE changes ERROR_QUIET)
    if(changes)
      string(APPEND commit " with changes")
    endif()
  endif()
endif()
set(text "// Written by cmake/build_info.cmake.
#include \"platform/cli/build_info.h\"

std::string kilburn::platform::build_text() {
  return \"kilburn ${VERSION}, ${commit}, ${BUILD_TYPE} build\";
}
")
set(before)
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} before)
endif()
if(NOT before STREQUAL text)
  file(WRITE ${OUTPUT} "${text}")
endif()
