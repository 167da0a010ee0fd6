// What a node of a board does for its software as the host: HTIF and semihosting.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/error.h"
#include "page_table_walker/software_walk.h"
#include "platform/board/board_node.h"
#include "rtc/rtc_module.h"

namespace kilburn::board {

/// A program with the symbol tohost speaks HTIF.
void BoardNode::connect_htif() {
  const auto tohost = program_->physical("tohost");
  if (!tohost) return;
  if (*tohost % 8 != 0 || main_memory_.find(*tohost, 8) == nullptr) {
    throw InputError(fmt::format("{}: tohost at {:#x}: allowed is a multiple of 8 in memory",
                                 program_->name(), *tohost));
  }
  htif_.emplace(
      host::Htif::Words{.tohost = *tohost, .fromhost = program_->physical("fromhost")},
      host::HostMemory{.read = [this](Address address,
                                      std::span<std::byte> bytes) { return peek(address, bytes); },
                       .write =
                           [this](Address address, std::span<const std::byte> bytes) {
                             htif_writes_ = true;
                             const bool done = poke(address, bytes);
                             htif_writes_ = false;
                             return done;
                           }},
      host_.console);
  // Complete with its upper half, which a store of 64 bits writes, too.
  main_memory_.watch(*tohost + 4, 4, [this](unsigned writer) { serve_htif(writer); });
}

void BoardNode::serve_htif(unsigned writer) {
  if (htif_writes_) return;
  auto outcome = htif_->stored();
  if (!outcome) return;
  host_.end(*std::move(outcome));
  if (writer != riscv::MainMemory::device) hart(writer).hart().end_slice();
}

/// The node as a semihosting call of one hart sees it.
class BoardNode::CallingHart final : public host::SemihostingHost {
 public:
  CallingHart(BoardNode& board, riscv::Hart& hart, Cycles now)
      : board_(board), hart_(hart), now_(now) {}

  bool read(Address va, std::span<std::byte> bytes) override {
    const auto& walker = board_.config_.mmu.service.walker;
    while (!bytes.empty()) {
      const auto physical = page_table_walker::physical_address(
          hart_.control().data_space().regime, {.svnapot = walker.svnapot, .svpbmt = walker.svpbmt},
          va, [&](Address entry) { return board_.storage().read64(entry); });
      const auto part = bytes.first(std::min(bytes.size(), page_bytes - va % page_bytes));
      if (!physical || !board_.peek(*physical, part)) return false;
      va += part.size();
      bytes = bytes.subspan(part.size());
    }
    return true;
  }
  void put(std::uint8_t byte) override { board_.host_.console.put(byte); }
  std::optional<std::uint8_t> get() override {
    for (;;) {
      if (const auto byte = board_.host_.console.get()) return byte;
      if (board_.host_.console.ended() || board_.host_.ended()) return std::nullopt;
      sc_core::wait(static_cast<double>(microseconds_between_looks), sc_core::SC_US);
    }
  }
  [[nodiscard]] std::uint64_t nanoseconds() const override {
    const std::uint64_t hz = board_.cycles_hz_;
    return now_ / hz * rtc::nanoseconds_per_second + now_ % hz * rtc::nanoseconds_per_second / hz;
  }
  [[nodiscard]] std::uint64_t epoch_seconds() const override {
    return board_.devices_.get<rtc::RtcDevice>().rtc().nanoseconds(now_) /
           rtc::nanoseconds_per_second;
  }

 private:
  BoardNode& board_;
  riscv::Hart& hart_;
  Cycles now_;
};

riscv::HartBus::Semihosting BoardNode::serve_semihosting(unsigned number, std::uint64_t operation,
                                                         std::uint64_t parameter, Cycles now) {
  CallingHart caller(*this, hart(number).hart(), now);
  host::Semihosting::Reply reply = semihosting_.call(operation, parameter, caller);
  if (reply.end) host_.end(*std::move(reply.end));
  return {.served = true, .end_slice = true, .result = reply.result};
}

}  // namespace kilburn::board
