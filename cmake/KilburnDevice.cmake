# "dma_engine" is DmaEngine.
function(kilburn_class_name name result)
  string(REPLACE "_" ";" words ${name})
  set(class "")
  foreach(word IN LISTS words)
    string(SUBSTRING ${word} 0 1 initial)
    string(SUBSTRING ${word} 1 -1 rest)
    string(TOUPPER ${initial} initial)
    string(APPEND class ${initial}${rest})
  endforeach()
  set(${result} ${class} PARENT_SCOPE)
endfunction()

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
  foreach(device IN LISTS devices)
    string(REGEX MATCH "^([a-z_0-9]+)/([a-z_0-9]+)$" whole ${device})
    set(block ${CMAKE_MATCH_1})
    set(name ${CMAKE_MATCH_2})
    kilburn_class_name(${name} class)
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
@descriptions@#include \"device/type_list.h\"

namespace kilburn {

/// The board's devices, in the order of its device tree.
using DeviceList = TypeList<@classes@>;

}  // namespace kilburn
" @ONLY)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/kilburn/device_modules.h CONTENT
    "@origin@\n@modules@" @ONLY)
endfunction()

# kilburn_function(<name> [DEPENDS <block or library>...])
# A PCI Express function, as models/pcie/function.h describes it: models/<name>/<name>_function.h and
# <name>_module.h. Makes the block, and puts it into the kinds that [[pcie.function]] may name.
function(kilburn_function name)
  cmake_parse_arguments(FUNCTION "" "" "DEPENDS" ${ARGN})
  kilburn_block(${name} DEPENDS common pcie device dma ${FUNCTION_DEPENDS})
  set_property(GLOBAL APPEND PROPERTY KILBURN_FUNCTIONS "${name}")
endfunction()

# kilburn_function_list(): the library kilburn_function_list, with
#   kilburn/function_list.h     kilburn::FunctionList, the kinds' descriptions; without SystemC
#   kilburn/function_modules.h  their modules
function(kilburn_function_list)
  get_property(functions GLOBAL PROPERTY KILBURN_FUNCTIONS)
  add_library(kilburn_function_list INTERFACE)
  foreach(name IN LISTS functions)
    kilburn_class_name(${name} class)
    string(APPEND descriptions "#include \"${name}/${name}_function.h\"\n")
    string(APPEND modules "#include \"${name}/${name}_module.h\"\n")
    list(APPEND classes "${name}::${class}Function")
    # The bus's parameters hold those of the functions, which derive from what it says a function is.
    target_link_libraries(kilburn_pcie INTERFACE kilburn_${name})
    target_link_libraries(kilburn_function_list INTERFACE kilburn_${name})
    if(TARGET kilburn_${name}_module)
      target_link_libraries(kilburn_function_list INTERFACE kilburn_${name}_module)
    endif()
  endforeach()
  string(REPLACE ";" ", " classes "${classes}")
  set(origin "// Written by cmake/KilburnDevice.cmake from the list in the top CMakeLists.txt.\n#pragma once\n")
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/kilburn/function_list.h CONTENT
"@origin@
@descriptions@#include \"device/type_list.h\"

namespace kilburn {

/// What [[pcie.function]] may be.
using FunctionList = TypeList<@classes@>;

}  // namespace kilburn
" @ONLY)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/kilburn/function_modules.h CONTENT
    "@origin@\n@modules@" @ONLY)
endfunction()
