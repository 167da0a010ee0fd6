// The one way of a device to memory: translation, ownership check, pages and lines, time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <systemc>
#include <tlm>

#include "common/clock.h"
#include "common/forward_target.h"
#include "common/in_flight.h"
#include "common/invalidation.h"
#include "common/statistics.h"
#include "common/typed_address.h"
#include "mmu/mmu.h"

namespace kilburn::dma {

/// For whom a device accesses memory. With both stages bare its addresses are physical, and the RMU
/// is asked for each frame all the same.
struct DmaContext {
  mmu::Regime regime{};
  PrivilegeState privilege{};
};

struct DmaReply {
  Fault fault = Fault::none;
  IoVirtualAddress fault_address{};  ///< of a fault: the first byte of the transfer that meets it
  Cycles latency = 0;                ///< from request to reply, waiting included
  [[nodiscard]] bool ok() const { return fault == Fault::none; }
};

struct DmaStatistics {
  std::uint64_t reads = 0;
  std::uint64_t writes = 0;
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_written = 0;
  std::uint64_t pages = 0;
  std::uint64_t faults = 0;
  std::uint64_t overtaken = 0;
  std::uint64_t translation_cycles = 0;
  Histogram cycles = Histogram::log2(24);

  void visit(StatisticVisitor& v) const;
  friend bool operator==(const DmaStatistics&, const DmaStatistics&) = default;
};

/// Modelled: each page of a transfer is translated and checked before the first byte moves, so that
/// where one faults nothing has been moved; a page's bytes go out as one burst, whose lines the
/// memory times one by one; an invalidation that comes before the bytes move has the pages
/// translated again. Not modelled: bursts of a bus that end earlier than the page, reordering.
/// Time: the translations one after the other, then the bursts together, until the last has ended.
/// Errors: a fault of translation; Fault::access_fault where the RMU denies a frame or no memory
/// answers.
class DmaPort final : public InvalidationHolder, private BackwardInitiator {
 public:
  tlm::tlm_initiator_socket<> memory;

  /// `mmu`: the device's first level, which may be shared. `name` is the socket's.
  DmaPort(const char* name, mmu::Mmu& mmu, DmaContext context, Clock clock);

  DmaReply read(IoVirtualAddress from, std::span<std::byte> to, Cycles now);
  DmaReply write(IoVirtualAddress to, std::span<const std::byte> from, Cycles now);

  /// From the next transfer on.
  void set_context(const DmaContext& context) { context_ = context; }
  [[nodiscard]] const DmaContext& context() const { return context_; }

  [[nodiscard]] std::string holder_name() const override { return name_; }
  void invalidate(const Invalidation& invalidation, InvalidationTicket ticket,
                  InvalidationBus& bus) override;
  [[nodiscard]] const DmaStatistics& statistics() const { return statistics_; }

 private:
  /// The part of a transfer that lies in one page.
  struct Piece {
    PhysicalAddress at{};
    std::byte* data = nullptr;
    unsigned bytes = 0;
  };
  struct Pieces;

  DmaReply transfer(IoVirtualAddress at, std::span<std::byte> data, Access access, Cycles now);
  /// Adds the cycles that it takes to `now`.
  DmaReply translate(IoVirtualAddress at, std::span<std::byte> data, Access access, Cycles& now,
                     Pieces& pieces);
  [[nodiscard]] mmu::Translated translate_page(IoVirtualAddress at, Access access, Cycles now);
  /// False: no memory answered.
  [[nodiscard]] bool move(const Piece& piece, Access access, Cycles now, Cycles& latency);

  mmu::Mmu& mmu_;
  DmaContext context_;
  Clock clock_;
  std::string name_;
  UsesInFlight<ContextInFlight> in_flight_;  ///< transfers whose bytes have not moved yet
  DmaStatistics statistics_;
};

}  // namespace kilburn::dma
