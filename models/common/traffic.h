// What an access to memory is for.
#pragma once

namespace kilburn {

/// Table reads and writes are the page-table walker's and the RMU's.
enum class Traffic : unsigned char { fetch, load, store, table_read, table_write, writeback };

[[nodiscard]] constexpr bool is_write(Traffic traffic) {
  return traffic == Traffic::store || traffic == Traffic::table_write ||
         traffic == Traffic::writeback;
}

}  // namespace kilburn
