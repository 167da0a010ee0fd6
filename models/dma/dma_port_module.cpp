#include <algorithm>
#include <boost/container/small_vector.hpp>

#include "dma/dma_port.h"

namespace kilburn::dma {

void DmaStatistics::visit(StatisticVisitor& v) const {
  v.counter("reads", reads, "transfers", "transfers from memory");
  v.counter("writes", writes, "transfers", "transfers to memory");
  v.counter("bytes_read", bytes_read, "bytes", "moved from memory");
  v.counter("bytes_written", bytes_written, "bytes", "moved to memory");
  v.counter("pages", pages, "pages", "pages translated and checked");
  v.counter("faults", faults, "transfers", "transfers that faulted, of which no byte was moved");
  v.counter("overtaken", overtaken, "transfers",
            "transfers that an invalidation overtook and that were translated again");
  v.counter("translation_cycles", translation_cycles, "cycles",
            "time of translations and ownership checks");
  v.counter("walks", walks, "walks", "walks of page tables for its pages");
  v.counter("table_reads", table_reads, "reads",
            "reads of memory for its pages: of page tables and, with an IOMMU, of directories and "
            "MSI page tables");
  v.histogram("cycles", cycles, "cycles", "latency of a transfer, waiting included");
  v.ratio("translation_per_page", translation_cycles, pages, "cycles/page",
          "time of a page's translation and check");
  v.ratio("translation_per_transfer", translation_cycles, reads + writes, "cycles/transfer",
          "time of a transfer's translations and checks");
  const double kib = static_cast<double>(bytes_read + bytes_written) / 1024;
  const auto per_kib = [kib](std::uint64_t count) {
    return kib == 0 ? 0 : static_cast<double>(count) / kib;
  };
  v.formula("walks_per_kib", per_kib(walks), "walks/KiB", "walks for 1024 bytes moved");
  v.formula("table_reads_per_kib", per_kib(table_reads), "reads/KiB",
            "reads of tables for 1024 bytes moved");
}

struct DmaPort::Pieces : boost::container::small_vector<Piece, 4> {};

DmaPort::DmaPort(const char* name, Translator& translator, Clock clock)
    : memory(name), translator_(translator), clock_(clock), name_(std::string("DMA of ") + name) {
  memory.bind(*this);
}

DmaReply DmaPort::read(const Requester& requester, IoVirtualAddress from, std::span<std::byte> to,
                       Cycles now) {
  const DmaReply reply = transfer(requester, from, to, Access::load, now);
  ++statistics_.reads;
  if (reply.ok()) statistics_.bytes_read += to.size();
  return reply;
}

DmaReply DmaPort::write(const Requester& requester, IoVirtualAddress to,
                        std::span<const std::byte> from, Cycles now) {
  // A payload has one pointer for both directions; of a write nobody changes what it points at.
  auto* const data = const_cast<std::byte*>(from.data());  // NOLINT(*-const-cast)
  const DmaReply reply = transfer(requester, to, {data, from.size()}, Access::store, now);
  ++statistics_.writes;
  if (reply.ok()) statistics_.bytes_written += from.size();
  return reply;
}

DmaReply DmaPort::transfer(const Requester& requester, IoVirtualAddress at,
                           std::span<std::byte> data, Access access, Cycles now) {
  Transfer in_flight(translator_);
  in_flight_.add(in_flight);
  Cycles then = now;
  Pieces pieces;
  DmaReply reply;
  bool overtaken = false;
  do {
    in_flight.overtaken = false;
    const std::uint64_t generation = translator_.generation();
    pieces.clear();
    reply = translate(requester, at, data, access, then, pieces);
    overtaken = in_flight.overtaken || translator_.generation() != generation;
    if (overtaken) ++statistics_.overtaken;
  } while (overtaken);
  statistics_.translation_cycles += then - now;
  Cycles end = then;
  for (const Piece& piece : pieces) {
    if (!reply.ok()) break;
    const IoVirtualAddress place = at + static_cast<std::uint64_t>(piece.data - data.data());
    Delivery moved;
    if (piece.message) {
      moved = translator_.deliver(requester, place, {piece.data, piece.bytes}, then);
    } else if (!move(piece, access, then, moved.latency)) {
      moved.fault = Fault::access_fault;
    }
    if (moved.fault != Fault::none) {
      reply = {.fault = moved.fault, .fault_address = place, .by_memory = !piece.message};
    }
    end = std::max(end, then + moved.latency);
  }
  if (!reply.ok()) ++statistics_.faults;
  reply.latency = end - now;
  statistics_.cycles.add(reply.latency);
  return reply;
}

DmaReply DmaPort::translate(const Requester& requester, IoVirtualAddress at,
                            std::span<std::byte> data, Access access, Cycles& now, Pieces& pieces) {
  while (!data.empty()) {
    ++statistics_.pages;
    const DmaPage page = translator_.translate(requester, at, access, now);
    now += page.cost.total();
    statistics_.walks += page.cost.walks;
    statistics_.table_reads += page.cost.reads;
    if (page.fault != Fault::none) return {.fault = page.fault, .fault_address = at};
    const auto part = data.first(std::min(data.size(), page_bytes - offset_in_page(at)));
    pieces.push_back(
        {.at = PhysicalAddress((page.translation.pfn << page_shift) + offset_in_page(at)),
         .data = part.data(),
         .bytes = static_cast<unsigned>(part.size()),
         .message = page.message});
    data = data.subspan(part.size());
    at = at + part.size();
  }
  return {};
}

bool DmaPort::move(const Piece& piece, Access access, Cycles now, Cycles& latency) {
  tlm::tlm_generic_payload payload;
  payload.set_command(access == Access::store ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
  payload.set_address(piece.at.value());
  payload.set_data_ptr(reinterpret_cast<unsigned char*>(piece.data));
  payload.set_data_length(piece.bytes);
  payload.set_streaming_width(piece.bytes);
  const sc_core::sc_time start = std::max(clock_.cycles(now), sc_core::sc_time_stamp());
  sc_core::sc_time delay = start - sc_core::sc_time_stamp();
  memory->b_transport(payload, delay);
  latency = clock_.count_up(sc_core::sc_time_stamp() + delay - start);
  return payload.is_response_ok();
}

void DmaPort::invalidate(const Invalidation& invalidation, InvalidationTicket ticket,
                         InvalidationBus& bus) {
  in_flight_.invalidate(invalidation);
  bus.acknowledge(ticket);
}

}  // namespace kilburn::dma
