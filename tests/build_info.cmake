# cmake/build_info.cmake: names the commit of a repository, says where there is none, and touches its
# file only where something changed.
#   cmake -D SCRIPT=.../build_info.cmake -D FOLDER=... -P build_info.cmake
file(REMOVE_RECURSE ${FOLDER})
file(MAKE_DIRECTORY ${FOLDER}/sources/inner)
set(output ${FOLDER}/build_info.cpp)

function(write source)
  execute_process(COMMAND ${CMAKE_COMMAND} -D SOURCE=${source} -D OUTPUT=${output} -D VERSION=1.2.3
    -D BUILD_TYPE=Debug -P ${SCRIPT} COMMAND_ERROR_IS_FATAL ANY)
endfunction()
function(git)
  execute_process(COMMAND git -C ${FOLDER}/sources -c user.name=n -c user.email=e ${ARGN}
    OUTPUT_VARIABLE out OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  set(out ${out} PARENT_SCOPE)
endfunction()
function(expect text)
  file(READ ${output} content)
  string(FIND "${content}" "\"kilburn 1.2.3, ${text}, Debug build\"" at)
  if(at EQUAL -1)
    message(FATAL_ERROR "not ${text}, but:\n${content}")
  endif()
endfunction()

# The folder of the test may lie within a repository: that is not the sources' own.
write(${FOLDER}/sources)
expect("commit not known (not built in a git repository)")

git(init -q)
file(WRITE ${FOLDER}/sources/a "1")
git(add a)
git(commit -q -m first)
git(rev-parse --short=12 HEAD)
set(first ${out})
write(${FOLDER}/sources)
expect("commit ${first}")
write(${FOLDER}/sources/inner)
expect("commit not known (not built in a git repository)")
write(${FOLDER}/sources)

# As written long ago, so that writing it again shows.
execute_process(COMMAND touch -d 2001-02-03 ${output} COMMAND_ERROR_IS_FATAL ANY)
file(TIMESTAMP ${output} before "%s")
write(${FOLDER}/sources)
file(TIMESTAMP ${output} after "%s")
if(NOT before EQUAL after)
  message(FATAL_ERROR "nothing changed, and yet the file was written")
endif()

file(WRITE ${FOLDER}/sources/b "not tracked")
write(${FOLDER}/sources)
expect("commit ${first}")
file(WRITE ${FOLDER}/sources/a "2")
write(${FOLDER}/sources)
expect("commit ${first} with changes")
