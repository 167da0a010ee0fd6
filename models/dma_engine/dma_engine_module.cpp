#include "dma_engine/dma_engine_module.h"

#include <algorithm>
#include <boost/crc.hpp>
#include <cstring>
#include <span>

namespace kilburn::dma_engine {

namespace {

pcie::FunctionShape shape_of(const DmaEngineConfig& config) {
  return {.identity = {.vendor = DMA_ENGINE_VENDOR,
                       .device = DMA_ENGINE_DEVICE,
                       .class_code = DMA_ENGINE_CLASS,
                       .revision = 1},
          .bars = {{.bytes = DMA_ENGINE_BAR_BYTES, .wide = true}},
          .pin = 1,
          .msix = {.vectors = config.channels,
                   .bar = 0,
                   .table = DMA_ENGINE_MSIX_TABLE,
                   .pending = DMA_ENGINE_MSIX_PENDING},
          .ats = true,
          .pasid_bits = 20};
}

using Crc32c = boost::crc_optimal<32, 0x1EDC6F41, UINT32_MAX, UINT32_MAX, true, true>;

}  // namespace

void DmaEngineStatistics::visit(StatisticVisitor& v) const {
  v.counter("descriptors", descriptors, "descriptors", "descriptors worked on");
  v.counter("failed", failed, "descriptors", "those of them that ended with an error");
  v.counter("bytes_copied", bytes_copied, "bytes", "moved by copies");
  v.counter("bytes_filled", bytes_filled, "bytes", "written by fills");
  v.counter("bytes_summed", bytes_summed, "bytes", "read for a CRC alone");
  v.counter("interrupts", interrupts, "interrupts", "messages sent, or pins raised");
  v.histogram("cycles", cycles, "cycles", "from a descriptor's fetch to its result");
}

/// A descriptor on its way.
struct DmaEngineModule::Job {
  const Channel& channel;
  Descriptor words{};
  std::uint64_t generation = 0;
  Crc32c crc{};
};

DmaEngineModule::DmaEngineModule(const sc_core::sc_module_name& name, const DmaEngineConfig& config,
                                 pcie::Link& link, pcie::RoutingId id, Clock clock)
    : sc_module(name),
      Function(shape_of(config), link, id),
      config_(config),
      clock_(clock),
      channels_(config.channels) {
  SC_THREAD(work);
}

Cycles DmaEngineModule::next_event() const {
  const bool waits =
      !at_work_ && std::ranges::none_of(channels_, [](const Channel& c) { return c.has_work(); });
  return waits ? Timebase::never : 0;
}

void DmaEngineModule::visit(StatisticVisitor& v) const {
  Function::visit(v);
  v.block("engine", statistics_);
}

Channel* DmaEngineModule::channel_at(std::uint64_t offset) {
  if (offset < DMA_ENGINE_CHANNEL) return nullptr;
  const std::uint64_t number = (offset - DMA_ENGINE_CHANNEL) / DMA_ENGINE_CHANNEL_BYTES;
  return number < channels_.size() ? &channels_[number] : nullptr;
}

std::uint64_t DmaEngineModule::bar_read(pcie::BarPlace place, unsigned length, Cycles /*now*/) {
  if (length != 8) return 0;
  if (place.offset == DMA_ENGINE_VERSION) return 1;
  if (place.offset == DMA_ENGINE_CHANNELS) return channels_.size();
  const Channel* channel = channel_at(place.offset);
  return channel == nullptr
             ? 0
             : channel->read(static_cast<unsigned>(place.offset % DMA_ENGINE_CHANNEL_BYTES));
}

void DmaEngineModule::bar_write(pcie::BarPlace place, unsigned length, std::uint64_t value,
                                Cycles now) {
  Channel* channel = channel_at(place.offset);
  if (length != 8 || channel == nullptr) return;
  channel->write(static_cast<unsigned>(place.offset % DMA_ENGINE_CHANNEL_BYTES), value);
  drive_pin();
  if (!channel->has_work()) return;
  const sc_core::sc_time then = std::max(clock_.cycles(now), sc_core::sc_time_stamp());
  doorbell_.notify(then - sc_core::sc_time_stamp());
}

void DmaEngineModule::reset(Cycles /*now*/) {
  for (Channel& channel : channels_) channel.write(DMA_ENGINE_CONTROL, 0);
  std::ranges::fill(channels_, Channel{});
}

void DmaEngineModule::work() {
  for (;;) {
    bool found = false;
    for (unsigned number = 0; number < channels_.size(); ++number) {
      if (!channels_[number].has_work()) continue;
      found = true;
      at_work_ = true;
      serve(number);
      at_work_ = false;
    }
    if (!found) wait(doorbell_);
  }
}

void DmaEngineModule::serve(unsigned number) {
  Channel& channel = channels_[number];
  const Cycles start = clock_.now(sc_core::SC_ZERO_TIME);
  Job job{.channel = channel, .generation = channel.generation()};
  const IoVirtualAddress at = channel.next();
  channel.begin();
  ++statistics_.descriptors;
  const auto words = std::as_writable_bytes(std::span(job.words));
  if (!access(channel, at, words, false)) return channel.stop();
  clock_.wait_until(clock_.now(sc_core::SC_ZERO_TIME) + config_.descriptor_cycles);
  job.words[DMA_ENGINE_DONE] = carry_out(job);
  if (channel.generation() != job.generation) return;  // software has stopped the channel
  if (job.words[DMA_ENGINE_DONE] != DMA_ENGINE_OK) ++statistics_.failed;
  constexpr std::size_t results = sizeof(std::uint64_t) * DMA_ENGINE_RESULT;
  if (!access(channel, at + results, words.subspan(results), true)) return channel.stop();
  if (channel.generation() != job.generation) return;
  channel.finish();
  statistics_.cycles.add(clock_.now(sc_core::SC_ZERO_TIME) - start);
  const std::uint64_t flags = job.words[DMA_ENGINE_OPERATION] >> DMA_ENGINE_FLAGS_SHIFT;
  if ((flags & DMA_ENGINE_INTERRUPT_WHEN_DONE) != 0) interrupt(number);
}

std::uint64_t DmaEngineModule::carry_out(Job& job) {
  const std::uint64_t bytes = job.words[DMA_ENGINE_BYTES];
  const auto operation = static_cast<std::uint32_t>(job.words[DMA_ENGINE_OPERATION]);
  if (operation != DMA_ENGINE_COPY && operation != DMA_ENGINE_FILL && operation != DMA_ENGINE_CRC) {
    return DMA_ENGINE_BAD_OPERATION;
  }
  if (bytes == 0 || bytes > DMA_ENGINE_MOST_BYTES) return DMA_ENGINE_BAD_LENGTH;
  const bool reads = operation != DMA_ENGINE_FILL;
  const bool writes = operation != DMA_ENGINE_CRC;
  const IoVirtualAddress source(job.words[DMA_ENGINE_SOURCE]);
  const IoVirtualAddress destination(job.words[DMA_ENGINE_DESTINATION]);
  std::vector<std::byte> buffer(config_.chunk_bytes);
  for (std::uint64_t done = 0; done < bytes;) {
    std::uint64_t length = std::min<std::uint64_t>(bytes - done, config_.chunk_bytes);
    // No access crosses a page.
    if (reads) length = std::min(length, page_bytes - offset_in_page(source + done));
    if (writes) length = std::min(length, page_bytes - offset_in_page(destination + done));
    const auto chunk = std::span(buffer).first(length);
    if (reads) {
      if (!access(job.channel, source + done, chunk, false)) {
        job.words[DMA_ENGINE_FAULT] = (source + done).value();
        return DMA_ENGINE_READ_FAULT;
      }
      job.crc.process_bytes(chunk.data(), chunk.size());
    } else {
      for (std::size_t i = 0; i < length; ++i) {
        chunk[i] = static_cast<std::byte>(job.words[DMA_ENGINE_VALUE] >> 8 * ((done + i) % 8));
      }
    }
    if (job.channel.generation() != job.generation) return 0;
    if (writes && !access(job.channel, destination + done, chunk, true)) {
      job.words[DMA_ENGINE_FAULT] = (destination + done).value();
      return DMA_ENGINE_WRITE_FAULT;
    }
    if (job.channel.generation() != job.generation) return 0;
    done += length;
    (operation == DMA_ENGINE_COPY   ? statistics_.bytes_copied
     : operation == DMA_ENGINE_FILL ? statistics_.bytes_filled
                                    : statistics_.bytes_summed) += length;
  }
  if (reads) job.words[DMA_ENGINE_RESULT] = job.crc.checksum();
  return DMA_ENGINE_OK;
}

bool DmaEngineModule::access(const Channel& channel, IoVirtualAddress at, std::span<std::byte> data,
                             bool write) {
  const Cycles now = clock_.now(sc_core::SC_ZERO_TIME);
  const pcie::Completion completion =
      dma({.pasid = channel.pasid(), .address = at, .write = write, .data = data}, now);
  clock_.wait_until(now + completion.latency);
  return completion.ok();
}

void DmaEngineModule::interrupt(unsigned number) {
  if (!channels_[number].interrupt()) return;
  ++statistics_.interrupts;
  if (msix_enabled()) {
    raise(number, clock_.now(sc_core::SC_ZERO_TIME));
  } else {
    drive_pin();
  }
}

void DmaEngineModule::drive_pin() {
  set_pin(std::ranges::any_of(channels_, [](const Channel& channel) { return channel.pending(); }));
}

}  // namespace kilburn::dma_engine
