// A guest's physical memory as its host gives it out: G-stage tables in the machine's memory.
#pragma once

#include <functional>
#include <optional>
#include <unordered_set>

#include "trace_os/address_space.h"

namespace kilburn::trace_os {

/// Frames that guest systems take are mapped by the host when they are first taken (a system clears
/// what it gives out), with page sizes, placement and aging of the host's own. Guest-physical
/// memory begins at `base`. Modelled: the host's faults, G-stage leaves of 4 KiB, 64 KiB and 2 MiB,
/// and pages that the host moves or takes away again. Frames that hold a guest's page tables may
/// move, with their bytes, but are not taken away. Not modelled: ballooning (a frame that the guest
/// frees stays mapped), sharing between guests, the bytes of data.
class GuestMemory final : public GuestFrames {
 public:
  static constexpr Address base = 0x8000'0000;

  /// `host` is what the host does; the arena is host.arena_bytes from frame `first_frame` on.
  /// `mode` sv39 is Sv39x4, and so on. Of `context`, the VMID and the realm that owns the frames.
  GuestMemory(const OsConfig& host, PagingMode mode, Context context, memory::Storage& storage,
              PageNumber first_frame, FrameObserver observer = {})
      : storage_(&storage),
        space_(host, mode, context, storage, first_frame, std::move(observer), Stage::guest) {}
  /// A copy of `original` in `storage`, a copy of the storage that it lies in.
  GuestMemory(const GuestMemory& original, memory::Storage& storage, FrameObserver observer = {})
      : storage_(&storage),
        space_(original.space_, storage, std::move(observer)),
        tables_(original.tables_) {}
  GuestMemory(const GuestMemory&) = delete;
  GuestMemory& operator=(const GuestMemory&) = delete;

  [[nodiscard]] bool contains(Address first, std::uint64_t bytes) const override {
    return first >= base && space_.holds(first, bytes);
  }
  [[nodiscard]] std::byte* bytes(PageNumber frame) override;

  /// To be told what the guest's systems do with their frames: maps those given out. The host's
  /// time for it.
  Cycles observe(const FrameEvent& event);
  /// The host's answer to a guest page fault.
  Touch touch(Address guest_physical, Access access) {
    return space_.touch(guest_physical, access);
  }
  /// A change of one page of the guest's, if there is one that may change so: broadcast it, then
  /// call `space().release_invalidated`.
  std::optional<Change> unmap_one();
  std::optional<Change> move_one();

  /// G-stage: from a guest-physical address.
  [[nodiscard]] std::optional<Translation> translate(Address guest_physical) const {
    return space_.translate(guest_physical);
  }
  [[nodiscard]] AddressSpace& space() { return space_; }
  [[nodiscard]] const AddressSpace& space() const { return space_; }

 private:
  memory::Storage* storage_;
  AddressSpace space_;
  std::unordered_set<PageNumber> tables_;  ///< guest frames that hold page tables
};

}  // namespace kilburn::trace_os
