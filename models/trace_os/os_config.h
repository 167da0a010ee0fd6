// The operating system's policies: how memory is given out, and what disturbs it.
#pragma once

#include <cstdint>

#include "common/parameters.h"
#include "common/types.h"

namespace kilburn::trace_os {

enum class Pages : std::uint8_t {
  small,  ///< 4 KiB only
  thp,    ///< transparent huge pages: 2 MiB on the first touch of an unmapped aligned 2 MiB region
  napot,  ///< Svnapot: 64 KiB on the first touch of an unmapped aligned 64 KiB region
};

enum class Placement : std::uint8_t {
  first_touch,  ///< each leaf's frames are allocated when it is touched
  eager,        ///< the first touch in an aligned region reserves contiguous frames for all of it
};

struct OsConfig {
  std::uint64_t seed = 1;
  std::uint64_t arena_bytes = std::uint64_t{2} << 30;
  double aging = 0.0;
  Pages pages = Pages::small;
  Placement placement = Placement::first_touch;
  std::uint32_t eager_pages = 512;
  bool populate = false;
  Cycles page_fault_cycles = 2000;
  std::uint64_t context_switch_interval = 0;
  Cycles context_switch_cycles = 3000;
  std::uint64_t remap_interval = 0;
  std::uint64_t unmap_interval = 0;

  void visit(ParameterVisitor& v);
};

/// The policies of a host below guests: of guest-physical pages instead of virtual ones, and
/// without context switches.
struct HostConfig : OsConfig {
  void visit(ParameterVisitor& v);
};

}  // namespace kilburn::trace_os
