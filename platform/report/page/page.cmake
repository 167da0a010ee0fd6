# The report's page, put together at build time and compiled in: an installed kilburn needs no folder
# of data. Run as a script (-D OUTPUT=..., -D SOURCE=..., -D VEGA=...) it writes the C++ file;
# included, it adds that to kilburn_page.

# In the order in which they need each other.
set(vega_parts util statistics time format loader dataflow expression event-selector scale canvas
  scenegraph selection functions runtime parser view encode transforms view-transforms)
set(page_scripts dom.js format.js data.js chart.js details.js combine.js names.js area.js
  pareto_spec.js pareto.js heat_map.js stacks.js table.js header.js print.js page.js)

if(NOT CMAKE_SCRIPT_MODE_FILE)
  find_path(KILBURN_VEGA vega-view.min.js PATHS /usr/share/javascript/vega
    DOC "Folder of Vega's parts, vega-*.min.js (Debian: libjs-vega)")
  if(NOT KILBURN_VEGA)
    message(FATAL_ERROR "Vega's parts are missing: install libjs-vega, or set KILBURN_VEGA")
  endif()
  set(page_folder ${CMAKE_CURRENT_LIST_DIR})
  set(page_inputs ${CMAKE_CURRENT_LIST_FILE})
  foreach(name IN ITEMS page.html page.css vega_licence.txt vega_before.js vega_after.js
          ${page_scripts})
    list(APPEND page_inputs ${page_folder}/${name})
  endforeach()
  set(page_source ${CMAKE_CURRENT_BINARY_DIR}/report_page_template.cpp)
  add_custom_command(OUTPUT ${page_source}
    COMMAND ${CMAKE_COMMAND} -D OUTPUT=${page_source} -D SOURCE=${page_folder}
      -D VEGA=${KILBURN_VEGA} -P ${CMAKE_CURRENT_LIST_FILE}
    DEPENDS ${page_inputs} COMMENT "Putting the report's page together" VERBATIM)
  target_sources(kilburn_page PRIVATE ${page_source})
  find_package(ZLIB REQUIRED)  # deflates what lies in the page
  target_link_libraries(kilburn_page PRIVATE ZLIB::ZLIB)
  return()
endif()

# Each part is a module of its own that asks for others by name; vega_before.js answers.
file(READ ${SOURCE}/vega_licence.txt licence)
file(READ ${SOURCE}/vega_before.js vega)
string(PREPEND vega "/*!\n${licence}*/\n")
foreach(part IN LISTS vega_parts)
  file(READ ${VEGA}/vega-${part}.min.js text)
  string(REGEX REPLACE "\n//# sourceMappingURL=[^\n]*" "" text "${text}")
  string(APPEND vega "define('vega-${part}', function (exports, module, require) {\n${text}\n});\n")
endforeach()
file(READ ${SOURCE}/vega_after.js text)
string(APPEND vega "${text}")

set(script "")
foreach(name IN LISTS page_scripts)
  file(READ ${SOURCE}/${name} text)
  string(APPEND script "// ---- ${name}\n${text}")
endforeach()

file(READ ${SOURCE}/page.html page)
file(READ ${SOURCE}/page.css style)
foreach(piece IN ITEMS style vega script)
  # Within an element, its own end must not occur.
  if("${${piece}}" MATCHES "</s(cript|tyle)")
    message(FATAL_ERROR "the page's ${piece} holds an end of its own element")
  endif()
  string(REPLACE "@KILBURN_${piece}@" "${${piece}}" page "${page}")
endforeach()
if("${page}" MATCHES "\\)kilburn_page\"")
  message(FATAL_ERROR "the page holds the delimiter of its own literal")
endif()
file(WRITE ${OUTPUT} "// Written by page.cmake.\n"
  "#include \"platform/report/page/page_template.h\"\n"
  "#pragma GCC diagnostic ignored \"-Woverlength-strings\"\n"
  "namespace kilburn::platform::report {\n"
  "std::string_view page_template() {\n"
  "  static constexpr char page[] = R\"kilburn_page(${page})kilburn_page\";\n"
  "  return {page, sizeof(page) - 1};\n}\n}\n")
