// I/O commands of the NVM command set. Source: NVM Express 1.4, chapter 6.
#pragma once

#include "nvme/transfer.h"

namespace kilburn::nvme {

/// A command is checked, its data is fetched where it has any, the media carries it out, and its
/// data goes to the host as it comes.
class IoCommands {
 public:
  IoCommands(Parts& parts, Transfer& transfer) : parts_(parts), transfer_(transfer) {}

  void start(std::uint32_t slot, Nanoseconds now);
  /// Its data is there, or its media has been checked: to the media.
  void submit(std::uint32_t slot, Nanoseconds now);
  void bytes(std::uint32_t slot, std::uint64_t offset, std::span<const std::byte> bytes,
             Nanoseconds now);
  void ended(std::uint32_t slot, ftl::MediaStatus status, ftl::Sector failed, Nanoseconds when);

 private:
  /// Blocks of a command, in sectors of the media.
  struct Extent {
    ftl::Sector first = 0;
    std::uint64_t sectors = 0;
    [[nodiscard]] std::uint64_t bytes() const { return sectors * ftl::sector_bytes; }
  };
  [[nodiscard]] static Extent extent_of(const Command& command);
  /// Why it is not carried out; NVME_SUCCESS: it is.
  [[nodiscard]] Status check(const Command& command, const Namespace* space) const;
  [[nodiscard]] Status check_range(const Command& command) const;
  /// What its data takes, before the media can begin.
  [[nodiscard]] Transfer::Result fetch_data(Command& command, Nanoseconds now);
  void submit_ranges(std::uint32_t slot, Nanoseconds now);

  Parts& parts_;
  Transfer& transfer_;
};

}  // namespace kilburn::nvme
