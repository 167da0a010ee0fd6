// The tag part of a comparand, and an exact index from live tags to entries.
#pragma once

#include <cstdint>
#include <vector>

#include "common/context_widths.h"
#include "common/invalidation_reach.h"
#include "common/page_table.h"

namespace kilburn::burst_tlb {

/// A tag: the VPN above the unit select, and the context where the tag holds it.
struct Tag {
  PageNumber vpn = 0;
  std::uint64_t context = 0;
  friend bool operator==(const Tag&, const Tag&) = default;
};

inline constexpr std::uint64_t global_context = std::uint64_t{1} << context_widths::all;

/// Context as one word: realm, VMID, ASID. A global tag has no ASID but a bit of its own, so that
/// every address space of its VMID and realm finds it.
[[nodiscard]] constexpr std::uint64_t pack(Context context, bool global) {
  using namespace context_widths;
  const std::uint64_t shared =
      std::uint64_t{context.realm} << (vmid + asid) | std::uint64_t{context.vmid} << asid;
  return shared | (global ? global_context : context.asid);
}

[[nodiscard]] constexpr Context unpack(std::uint64_t packed) {
  using namespace context_widths;
  return {.asid = static_cast<std::uint16_t>(packed),
          .vmid = static_cast<std::uint16_t>(packed >> asid),
          .realm = static_cast<std::uint16_t>(packed >> (asid + vmid))};
}
[[nodiscard]] constexpr bool is_global(std::uint64_t packed) {
  return (packed & global_context) != 0;
}

/// True where `invalidation` reaches a translation of this context.
[[nodiscard]] constexpr bool reaches_tag(const Invalidation& invalidation, std::uint64_t packed) {
  return reaches(invalidation, unpack(packed), is_global(packed));
}

/// True where an invalidation names some of these pages, or of the frames that they lie in. A TLB
/// does not know guest-physical addresses, so by_guest_frame names every page.
[[nodiscard]] constexpr bool reaches_run(const Invalidation& invalidation, const PageRun& pages,
                                         const PageRun& frames) {
  return reaches_pages(invalidation, pages) && reaches_frames(invalidation, frames);
}

/// reaches_run for the leaf of 2^order pages that maps `vpn` to `pfn`.
[[nodiscard]] constexpr bool reaches_leaf(const Invalidation& invalidation, PageNumber vpn,
                                          PageNumber pfn, unsigned order) {
  return reaches_run(invalidation, PageRun{vpn}.of_leaves(order), PageRun{pfn}.of_leaves(order));
}

/// The tags, and the live entry of each at once, as a CAM finds it, whatever the associativity: a
/// set is a function of the tag, so the tag alone decides. Hashed, with chains: a bucket names its
/// first entry, an entry the next of its bucket. There are at least eight buckets an entry.
class TagIndex {
 public:
  static constexpr std::uint32_t none = UINT32_MAX;

  explicit TagIndex(std::uint32_t entries) : nodes_(entries) {
    unsigned bits = 4;
    while ((std::uint64_t{1} << bits) < 8 * std::uint64_t{entries}) ++bits;
    buckets_.assign(std::size_t{1} << bits, none);
    shift_ = 64 - bits;
  }

  [[nodiscard]] std::uint32_t find(const Tag& tag) const {
    std::uint32_t entry = buckets_[bucket_of(tag)];
    while (entry != none && nodes_[entry].tag != tag) entry = nodes_[entry].next;
    return entry;
  }
  /// The tag that `entry` was inserted with last.
  [[nodiscard]] const Tag& operator[](std::uint32_t entry) const { return nodes_[entry].tag; }
  /// At the end of its chain: those that have lived longest, the hot ones, are found first.
  void insert(const Tag& tag, std::uint32_t entry) {
    std::uint32_t* link = &buckets_[bucket_of(tag)];
    while (*link != none) link = &nodes_[*link].next;
    *link = entry;
    Node& node = nodes_[entry];
    node.tag.vpn = tag.vpn;  // by member: a copy of the whole would wait for the stores to `tag`
    node.tag.context = tag.context;
    node.next = none;
  }
  void erase(std::uint32_t entry) {
    std::uint32_t* link = &buckets_[bucket_of(nodes_[entry].tag)];
    while (*link != entry) link = &nodes_[*link].next;
    *link = nodes_[entry].next;
  }

 private:
  struct Node {
    Tag tag{};
    std::uint32_t next = none;
  };
  [[nodiscard]] std::size_t bucket_of(const Tag& tag) const {
    return ((tag.vpn ^ (tag.context << 20)) * 0x9E3779B97F4A7C15u) >> shift_;
  }

  std::vector<std::uint32_t> buckets_;
  std::vector<Node> nodes_;
  unsigned shift_;
};

}  // namespace kilburn::burst_tlb
