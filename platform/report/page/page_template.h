// The page without its data, put together at build time from page.html, page.css, the scripts of
// this folder and the charts' library (page.cmake).
#pragma once

#include <string_view>

namespace kilburn::platform::report {

[[nodiscard]] std::string_view page_template();

}  // namespace kilburn::platform::report
