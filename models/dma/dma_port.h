// The one way of a device to memory: translation, ownership check, pages and lines, time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
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
#include "dma/translator.h"

namespace kilburn::dma {

struct DmaReply {
  Fault fault = Fault::none;
  IoVirtualAddress fault_address{};  ///< of a fault: the first byte of the transfer that meets it
  bool by_memory = false;            ///< of a fault: it was allowed, but nothing answered
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
  std::uint64_t walks = 0;
  std::uint64_t table_reads = 0;
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

  /// `name` is the socket's.
  DmaPort(const char* name, Translator& translator, Clock clock);

  DmaReply read(const Requester& requester, IoVirtualAddress from, std::span<std::byte> to,
                Cycles now);
  DmaReply write(const Requester& requester, IoVirtualAddress to, std::span<const std::byte> from,
                 Cycles now);
  DmaReply read(IoVirtualAddress from, std::span<std::byte> to, Cycles now) {
    return read({}, from, to, now);
  }
  DmaReply write(IoVirtualAddress to, std::span<const std::byte> from, Cycles now) {
    return write({}, to, from, now);
  }

  [[nodiscard]] std::string holder_name() const override { return name_; }
  void invalidate(const Invalidation& invalidation, InvalidationTicket ticket,
                  InvalidationBus& bus) override;
  [[nodiscard]] const DmaStatistics& statistics() const { return statistics_; }

 private:
  /// A transfer between its translation and its bytes.
  struct Transfer : InFlight {
    explicit Transfer(const Translator& by) : translator(by), context(by.context()) {}
    [[nodiscard]] bool reached_by(const Invalidation& invalidation) const {
      return context ? reaches(invalidation, *context) : translator.concerns(invalidation);
    }
    const Translator& translator;
    std::optional<Context> context;  ///< nothing: the translator says what concerns it
  };
  /// The part of a transfer that lies in one page.
  struct Piece {
    PhysicalAddress at{};
    std::byte* data = nullptr;
    unsigned bytes = 0;
    bool message = false;  ///< goes to the translator
  };
  struct Pieces;

  DmaReply transfer(const Requester& requester, IoVirtualAddress at, std::span<std::byte> data,
                    Access access, Cycles now);
  /// Adds the cycles that it takes to `now`.
  DmaReply translate(const Requester& requester, IoVirtualAddress at, std::span<std::byte> data,
                     Access access, Cycles& now, Pieces& pieces);
  /// False: no memory answered.
  [[nodiscard]] bool move(const Piece& piece, Access access, Cycles now, Cycles& latency);

  Translator& translator_;
  Clock clock_;
  std::string name_;
  UsesInFlight<Transfer> in_flight_;  ///< transfers whose bytes have not moved yet
  DmaStatistics statistics_;
};

}  // namespace kilburn::dma
