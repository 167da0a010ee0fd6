# kilburn_block(<name> [FOLDERS <folder>...] [DEPENDS <block or library>...])
# models/<name>/*.cpp, and those of its folders, become the library kilburn_<name> (kilburn::<name>), but
# for *_module.cpp, which become kilburn_<name>_module with SystemC.
function(kilburn_block name)
  cmake_parse_arguments(BLOCK "" "" "FOLDERS;DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/models/${name}/*.cpp)
  foreach(folder IN LISTS BLOCK_FOLDERS)
    file(GLOB more CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/models/${name}/${folder}/*.cpp)
    list(APPEND sources ${more})
  endforeach()
  set(modules ${sources})
  list(FILTER sources EXCLUDE REGEX "_module\\.cpp$")
  list(FILTER modules INCLUDE REGEX "_module\\.cpp$")
  set(depends)
  foreach(item IN LISTS BLOCK_DEPENDS)
    if(TARGET kilburn_${item})
      list(APPEND depends kilburn_${item})
    else()
      list(APPEND depends ${item})
    endif()
  endforeach()

  if(sources)
    add_library(kilburn_${name} STATIC ${sources})
    target_link_libraries(kilburn_${name} PUBLIC ${depends} PRIVATE $<BUILD_INTERFACE:kilburn_options>)
    set(scope PUBLIC)
  else()
    add_library(kilburn_${name} INTERFACE)
    target_link_libraries(kilburn_${name} INTERFACE ${depends})
    set(scope INTERFACE)
  endif()
  target_include_directories(kilburn_${name} ${scope}
    $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/models>
    $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/sw/include>
    $<BUILD_INTERFACE:${CMAKE_BINARY_DIR}/generated>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/kilburn>)
  set_target_properties(kilburn_${name} PROPERTIES EXPORT_NAME ${name})
  add_library(kilburn::${name} ALIAS kilburn_${name})
  set_property(GLOBAL APPEND PROPERTY KILBURN_BLOCKS ${name})

  if(modules AND KILBURN_PLATFORM)
    set(module_depends)
    foreach(item IN LISTS BLOCK_DEPENDS)
      if(TARGET kilburn_${item}_module)
        list(APPEND module_depends kilburn_${item}_module)
      endif()
    endforeach()
    add_library(kilburn_${name}_module STATIC ${modules})
    target_link_libraries(kilburn_${name}_module
      PUBLIC kilburn_${name} kilburn_systemc ${module_depends}
      PRIVATE $<BUILD_INTERFACE:kilburn_options>)
    add_library(kilburn::${name}_module ALIAS kilburn_${name}_module)
  endif()
endfunction()
