// Reads a whole trace, and traps where a reader breaks its promises.
#pragma once

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>

#include "common/error.h"
#include "trace/trace.h"

namespace kilburn::trace::fuzz {

inline constexpr std::uint64_t enough_records = 1u << 22;  // compressed input may hold more

inline void check(const Batch& batch) {
  if (!batch.physical.empty() && batch.physical.size() != batch.records.size()) __builtin_trap();
  for (const Record& record : batch.records) {
    const bool event = record.kind == Kind::event;
    if (event ? record.event >= batch.events.size()
              : record.size < 1 || record.size > max_access_bytes) {
      __builtin_trap();
    }
  }
}

/// `open` gives a reader; it and the reader may throw InputError, and nothing else.
template <class Open>
void read_all(Open open) {
  try {
    const auto reader = open();
    std::uint64_t records = 0;
    for (Batch batch = reader->next(); !batch.empty(); batch = reader->next()) {
      check(batch);
      records += batch.records.size();
      if (records > enough_records) break;
    }
  } catch (const InputError&) {
  }
}

inline std::unique_ptr<std::istream> stream_of(const std::uint8_t* data, std::size_t size) {
  return std::make_unique<std::istringstream>(
      std::string(reinterpret_cast<const char*>(data), size));
}

}  // namespace kilburn::trace::fuzz
