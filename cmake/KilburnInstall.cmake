# Installation, and the package that other platforms find: find_package(kilburn) gives
# kilburn::<block> (the mechanism) and kilburn::<block>_module (with SystemC, where there is one).
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/kilburn)

get_property(blocks GLOBAL PROPERTY KILBURN_BLOCKS)
set(installed)
foreach(block IN LISTS blocks)
  list(APPEND installed kilburn_${block})
  if(TARGET kilburn_${block}_module)
    set_target_properties(kilburn_${block}_module PROPERTIES EXPORT_NAME ${block}_module)
    list(APPEND installed kilburn_${block}_module)
  endif()
endforeach()
if(TARGET kilburn_systemc)
  set_target_properties(kilburn_systemc PROPERTIES EXPORT_NAME systemc)
  list(APPEND installed kilburn_systemc)
endif()

install(TARGETS ${installed} EXPORT kilburn ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET kilburn)
  install(TARGETS kilburn RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
# The same paths below include/kilburn as in the tree: "burst_tlb/burst_tlb.h", "kilburn/rmu.h".
install(DIRECTORY models/ sw/include/ ${CMAKE_BINARY_DIR}/generated/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/kilburn
  FILES_MATCHING PATTERN "*.h" PATTERN "recorder" EXCLUDE)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

install(EXPORT kilburn NAMESPACE kilburn:: FILE kilburnTargets.cmake DESTINATION ${package_dir})
configure_package_config_file(cmake/kilburnConfig.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/kilburnConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/kilburnConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/kilburnConfig.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/kilburnConfigVersion.cmake DESTINATION ${package_dir})
