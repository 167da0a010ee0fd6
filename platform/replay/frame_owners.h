// The operating system's side of the ownership table: gives frames to realms, and fuses regions of
// them as they become complete.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "rmu/rmu.h"
#include "trace_os/fusable_blocks.h"

namespace kilburn::platform {

/// A region is worth a group once a fetched line of PTEs can lie in it: 8 granules (fewer where the
/// RMU's largest group is smaller). Groups are 8, 64, 512 ... granules large, of a leaf's size, or
/// the RMU's largest: each size in use may cost an uncached check a read of the table, so there are
/// few. A region is fused when the last of its granules is given out, and
/// again as a larger one when that is complete; the groups in it are shattered first, for FUSE
/// takes granules only. Before the entry of a member changes, its group is shattered, and what is
/// still complete of it is fused again. While the system sets memory up, nothing is fused:
/// `end_setup` then fuses each region once, as large as it has become.
class FrameOwners {
 public:
  /// Carries out a command of the system; throws where the RMU refuses it. The text says what for.
  using Execute = std::function<void(const rmu::Command&, std::string_view what)>;

  /// `leaf_order`: log2 of the pages of the largest leaves that the system maps.
  FrameOwners(const rmu::RmuConfig& rmu, bool fuse, unsigned leaf_order);

  /// Gives [first, first + frames) to `realm`. They are translated from `vpn` and the pages that
  /// follow it, or from anywhere.
  void give(PageNumber first, PageNumber frames, std::uint16_t realm, PageNumber vpn, bool any,
            const Execute& execute);
  /// The frames are nobody's to use until they are given again: whoever gets them may map them one
  /// by one.
  void release(PageNumber first, PageNumber frames, const Execute& execute);
  /// One frame after the other goes to `realm`, each translated from the page beside it.
  struct Mapped {
    PageNumber pfn;
    PageNumber vpn;
  };
  void transfer(const std::vector<Mapped>& frames, std::uint16_t realm, const Execute& execute);

  void begin_setup() { setting_up_ = true; }
  void end_setup(const Execute& execute);

 private:
  using Granule = std::uint64_t;
  struct Range {
    Granule first;
    Granule end;
  };
  [[nodiscard]] Granule granule_of(PageNumber pfn) const {
    return (pfn - first_frame_) >> granule_order_;
  }
  [[nodiscard]] Address address_of(Granule granule) const {
    return (first_frame_ << page_shift) + (granule << (granule_order_ + page_shift));
  }
  void set_owner(PageNumber pfn, std::uint16_t realm, PageNumber vpn, bool any,
                 const Execute& execute);
  [[nodiscard]] unsigned group_order_for(unsigned complete) const;
  [[nodiscard]] unsigned group_round(Granule granule) const;
  void shatter_within(Range range, const Execute& execute);
  [[nodiscard]] std::vector<Range> leave_groups(Range range, const Execute& execute);
  void fuse_round(Granule granule, const Execute& execute);
  void fuse_within(Range range, const Execute& execute);

  bool fuse_;
  bool compares_mapping_;
  PageNumber first_frame_;
  unsigned granule_order_;
  unsigned max_order_;
  std::uint32_t orders_ = 0;  ///< bit k: there may be groups of order k
  bool setting_up_ = false;
  trace_os::FusableBlocks blocks_;
  std::vector<std::uint8_t> group_order_;  ///< of the group that the granule heads; 0: none
};

}  // namespace kilburn::platform
