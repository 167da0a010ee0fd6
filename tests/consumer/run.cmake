# Installs a build of Kilburn, then configures, builds and runs the consumer against what was
# installed, and nothing else.
#   cmake -D BUILD=<build of kilburn> -D SOURCE=<this folder> -D GENERATOR= -D COMPILER= -D FLAGS=
#         -D KILBURN_SOURCE=<the tree> -D BUILD_TYPE= -D WITH_SYSTEMC= -P run.cmake
set(root ${BUILD}/consumer)
file(REMOVE_RECURSE ${root})

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE text ERROR_VARIABLE text)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}: ${result}\n${text}")
  endif()
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${root}/installed)
file(GLOB_RECURSE package ${root}/installed/*.cmake)
foreach(file IN LISTS package)
  file(READ ${file} text)
  foreach(tree IN ITEMS "${KILBURN_SOURCE}/" "${BUILD}/")
    string(FIND "${text}" "${tree}" at)
    if(NOT at EQUAL -1)
      message(FATAL_ERROR "${file} refers to the tree that it was installed from: ${tree}")
    endif()
  endforeach()
endforeach()

run(${CMAKE_COMMAND} -S ${SOURCE} -B ${root}/build -G ${GENERATOR}
    -D CMAKE_CXX_COMPILER=${COMPILER} -D CMAKE_CXX_FLAGS=${FLAGS}
    -D CMAKE_BUILD_TYPE=${BUILD_TYPE} -D WITH_SYSTEMC=${WITH_SYSTEMC}
    -D CMAKE_PREFIX_PATH=${root}/installed)
run(${CMAKE_COMMAND} --build ${root}/build)
run(${CMAKE_CTEST_COMMAND} --test-dir ${root}/build --output-on-failure --no-tests=error)
if(WITH_SYSTEMC)
  run(${root}/installed/bin/kilburn params)
endif()
