# kilburn_device(<name> [BLOCK <block>] [DEPENDS <block or library>...])
# A device of the board, as models/device/device.h describes it: models/<block>/<name>_device.h and
# <name>_module.h; <block> is by default the device's name. Makes the block, and puts the device into the list
# that the platform goes over.
function(kilburn_device name)
  cmake_parse_arguments(DEVICE "" "BLOCK" "DEPENDS" ${ARGN})
  if(NOT DEVICE_BLOCK)
    set(DEVICE_BLOCK ${name})
  endif()
  if(NOT TARGET kilburn_${DEVICE_BLOCK})
    kilburn_block(${DEVICE_BLOCK} DEPENDS common device dma ${DEVICE_DEPENDS})
  endif()
  set_property(GLOBAL APPEND PROPERTY KILBURN_DEVICES "${DEVICE_BLOCK}/${name}")
endfunction()

# kilburn_device_list(): the library kilburn_device_list, with
#   kilburn/device_list.h     kilburn::DeviceList, the devices' descriptions; without SystemC
#   kilburn/device_modules.h  their modules
function(kilburn_device_list)
  get_property(devices GLOBAL PROPERTY KILBURN_DEVICES)
  add_library(kilburn_device_list INTERFACE)
  target_include_directories(kilburn_device_list INTERFACE ${CMAKE_BINARY_DIR}/generated)
  foreach(device IN LISTS devices)
    string(REGEX MATCH "^([a-z_0-9]+)/([a-z_0-9]+)$" whole ${device})
    set(block ${CMAKE_MATCH_1})
    set(name ${CMAKE_MATCH_2})
    string(REPLACE "_" ";" words ${name})
    set(class "")
    foreach(word IN LISTS words)
      string(SUBSTRING ${word} 0 1 initial)
      string(SUBSTRING ${word} 1 -1 rest)
      string(TOUPPER ${initial} initial)
      string(APPEND class ${initial}${rest})
    endforeach()
    string(APPEND descriptions "#include \"${block}/${name}_device.h\"\n")
    string(APPEND modules "#include \"${block}/${name}_module.h\"\n")
    list(APPEND classes "${block}::${class}Device")
    target_link_libraries(kilburn_device_list INTERFACE kilburn_${block})
    if(TARGET kilburn_${block}_module)
      target_link_libraries(kilburn_device_list INTERFACE kilburn_${block}_module)
    endif()
  endforeach()
  string(REPLACE ";" ", " classes "${classes}")
  set(origin "// Written by cmake/KilburnDevice.cmake from the list in the top CMakeLists.txt.\n#pragma once\n")
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/kilburn/device_list.h CONTENT
"@origin@
@descriptions@
namespace kilburn {

template <class...>
struct TypeList {};

/// The board's devices, in the order of its device tree.
using DeviceList = TypeList<@classes@>;

}  // namespace kilburn
" @ONLY)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/kilburn/device_modules.h CONTENT
    "@origin@\n@modules@" @ONLY)
endfunction()
