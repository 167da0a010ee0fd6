#include "platform/ssd/flow.h"

#include <algorithm>
#include <array>
#include <utility>

namespace kilburn::ssd {

namespace {
constexpr std::uint32_t entry_bytes = 8;  ///< of a PRP list
}

void FlowStatistics::visit(StatisticVisitor& v) const {
  v.counter("reads", reads.count(), "requests", "reads that ended");
  v.counter("writes", writes.count(), "requests", "writes that ended");
  v.counter("flushes", flushes, "requests", "flushes that ended");
  v.counter("deallocations", deallocations, "requests", "deallocations that ended");
  v.counter("bytes_read", bytes_read, "bytes", "of reads that ended well");
  v.counter("bytes_written", bytes_written, "bytes", "of writes that ended well");
  v.counter("errors", errors, "requests", "that ended with an error");
  v.counter("ns", ended - began, "ns", "from the first request to the end of the last");
  const auto per_second = [this](std::uint64_t count) {
    return ended == began ? 0.0 : static_cast<double>(count) / seconds();
  };
  v.formula("requests_per_second", per_second(requests()), "requests/s", "reads and writes");
  v.formula("bytes_per_second", per_second(bytes_read + bytes_written), "bytes/s",
            "read and written");
  v.block("read_latency", reads);
  v.block("write_latency", writes);
  v.block("latency_during_resizes", during_resizes);
}

Flow::Flow(Shape shape, std::unique_ptr<RequestSource> source, HostMemory& memory)
    : shape_(std::move(shape)), source_(std::move(source)), memory_(memory) {
  const auto pages =
      static_cast<std::uint32_t>((shape_.buffer_bytes + page_bytes - 1) / page_bytes);
  free_slots_.resize(shape_.queues);
  for (std::uint32_t q = 0; q < shape_.queues; ++q) {
    queues_.emplace_back(memory, static_cast<std::uint16_t>(shape_.first_queue + q),
                         shape_.depth + 1);
    for (std::uint32_t i = 0; i < shape_.depth; ++i) {
      free_slots_[q].push_back(static_cast<std::uint16_t>(shape_.depth - 1 - i));
      Slot slot;
      slot.buffer = memory.allocate(shape_.buffer_bytes);
      if (pages > 2) {
        slot.list = memory.allocate(page_bytes);
        for (std::uint32_t page = 1; page < pages; ++page) {
          const std::uint64_t address = (slot.buffer + page * page_bytes).value();
          std::memcpy(memory.at(slot.list) + std::size_t{page - 1} * entry_bytes, &address,
                      entry_bytes);
        }
      }
      slots_.push_back(slot);
    }
  }
  jobs_.resize(std::size_t{shape_.queues} * shape_.depth);
  for (std::uint32_t i = 0; i < jobs_.size(); ++i) free_jobs_.push_back(i);
}

template <class Visit>
void Flow::for_pages(const Slot& slot, Visit visit) const {
  std::uint64_t left = slot.part.sectors * sector_bytes;
  std::uint64_t first = slot.part.first;
  for (IoVirtualAddress at = slot.buffer; left > 0; at = at + page_bytes) {
    const std::uint64_t bytes = std::min(left, page_bytes);
    visit(first, std::span(memory_.at(at), bytes));
    first += bytes / sector_bytes;
    left -= bytes;
  }
}

std::uint64_t Flow::start(Nanoseconds now) {
  std::uint64_t filled = 0;
  for (;;) {
    if (parts_.empty() && !take_request(now)) return filled;
    std::size_t tried = 0;
    while (tried < queues_.size() && free_slots_[next_queue_].empty()) {
      next_queue_ = (next_queue_ + 1) % queues_.size();
      ++tried;
    }
    if (tried == queues_.size()) return filled;
    const std::uint16_t id = free_slots_[next_queue_].back();
    free_slots_[next_queue_].pop_back();
    Slot& slot = slots_[next_queue_ * shape_.depth + id];
    slot.part = parts_.front();
    parts_.pop_front();
    queues_[next_queue_].put(command_of(id, slot));
    filled |= std::uint64_t{1} << next_queue_;
    next_queue_ = (next_queue_ + 1) % queues_.size();
  }
}

bool Flow::take_request(Nanoseconds now) {
  next_due_ = ftl::never;
  if (free_jobs_.empty() || flushing_) return false;
  if (!held_ && !source_ended_) {
    held_ = source_->next();
    source_ended_ = !held_;
  }
  if (!held_) return false;
  if (shape_.paced && held_->due > now) {
    next_due_ = held_->due;
    return false;
  }
  Ledger* const ledger = shape_.targets[held_->target].ledger;
  if (ledger != nullptr && ledger->overlaps(*held_)) return false;
  if (statistics_.began == 0) statistics_.began = now;
  const std::uint32_t index = free_jobs_.back();
  free_jobs_.pop_back();
  ++jobs_under_way_;
  Job& job = jobs_[index];
  job = {.request = *held_, .started = shape_.paced ? held_->due : now};
  held_.reset();
  if (ledger != nullptr) job.number = ledger->begin(job.request);
  flushing_ = job.request.kind == Request::Kind::flush;
  split(index);
  return true;
}

void Flow::split(std::uint32_t index) {
  Job& job = jobs_[index];
  const Request& request = job.request;
  // Whole logical blocks; a deallocation has one range, and no data.
  const std::uint64_t block = target_of(job).block_sectors;
  const std::uint64_t first = request.first / block * block;
  const std::uint64_t end = (request.first + request.sectors + block - 1) / block * block;
  const bool has_data = request.kind == Request::Kind::read || request.kind == Request::Kind::write;
  const std::uint64_t most = has_data ? shape_.buffer_bytes / sector_bytes : end - first;
  std::uint64_t at = first;
  do {
    const std::uint64_t sectors = std::min(most, end - at);
    parts_.push_back({.job = index, .first = at, .sectors = sectors});
    ++job.parts;
    at += sectors;
  } while (at < end);
}

Command Flow::command_of(std::uint16_t id, const Slot& slot) {
  const Job& job = jobs_[slot.part.job];
  const Target& target = target_of(job);
  const std::uint64_t block = slot.part.first / target.block_sectors;
  const std::uint64_t blocks = slot.part.sectors / target.block_sectors;
  const auto low = [](std::uint64_t value) { return static_cast<std::uint32_t>(value); };
  const auto high = [](std::uint64_t value) { return static_cast<std::uint32_t>(value >> 32); };
  Command command{};
  const auto fill = [&](std::uint32_t opcode) {
    command[NVME_DW_OPCODE] = opcode | std::uint32_t{id} << NVME_CID_SHIFT;
  };
  command[NVME_DW_NSID] = target.name_space;
  if (job.request.kind == Request::Kind::flush) {
    fill(NVME_IO_FLUSH);
    return command;
  }
  command[NVME_DW_PRP1] = low(slot.buffer.value());
  command[NVME_DW_PRP1 + 1] = high(slot.buffer.value());
  if (job.request.kind == Request::Kind::deallocate) {
    fill(NVME_IO_DATASET_MANAGEMENT);
    const std::array<std::uint32_t, 4> range{0, low(blocks), low(block), high(block)};
    std::memcpy(memory_.at(slot.buffer), range.data(), sizeof range);
    command[11] = NVME_DSM_DEALLOCATE;
    return command;
  }
  const std::uint64_t bytes = slot.part.sectors * sector_bytes;
  std::uint64_t second = 0;
  if (bytes > 2 * page_bytes) {
    second = slot.list.value();
  } else if (bytes > page_bytes) {
    second = (slot.buffer + page_bytes).value();
  }
  command[NVME_DW_PRP2] = low(second);
  command[NVME_DW_PRP2 + 1] = high(second);
  command[10] = low(block);
  command[11] = high(block);
  command[12] = low(blocks - 1);
  if (job.request.kind == Request::Kind::read) {
    fill(NVME_IO_READ);
    return command;
  }
  fill(NVME_IO_WRITE);
  if (job.request.durable) command[12] |= NVME_RW_FUA;
  if (target.ledger != nullptr) {
    for_pages(slot, [&](std::uint64_t first, std::span<std::byte> bytes_of_page) {
      target.ledger->stamp(job.number, first, bytes_of_page);
    });
  }
  return command;
}

void Flow::ended(std::size_t queue, const CommandEnd& end, Nanoseconds now, bool resizing) {
  const Slot& slot = slots_[queue * shape_.depth + end.id];
  const std::uint32_t index = slot.part.job;
  Job& job = jobs_[index];
  if (end.status != NVME_SUCCESS) {
    job.ok = false;
  } else if (Ledger* const ledger = target_of(job).ledger;
             ledger != nullptr && job.request.kind == Request::Kind::read) {
    for_pages(slot, [&](std::uint64_t first, std::span<const std::byte> bytes) {
      (void)ledger->check(first, bytes);
    });
  }
  free_slots_[queue].push_back(end.id);
  if (--job.parts > 0) return;
  end_job(job, now, resizing);
  free_jobs_.push_back(index);
  --jobs_under_way_;
}

void Flow::end_job(Job& job, Nanoseconds now, bool resizing) {
  using Kind = Request::Kind;
  const Request& request = job.request;
  if (Ledger* const ledger = target_of(job).ledger) ledger->end(request, job.ok, job.number);
  statistics_.ended = now;
  const Nanoseconds latency = now - job.started;
  const std::uint64_t bytes = job.ok ? request.sectors * sector_bytes : 0;
  if (!job.ok) ++statistics_.errors;
  switch (request.kind) {
    case Kind::read:
      statistics_.reads.add(latency);
      statistics_.bytes_read += bytes;
      break;
    case Kind::write:
      statistics_.writes.add(latency);
      statistics_.bytes_written += bytes;
      break;
    case Kind::flush:
      ++statistics_.flushes;
      flushing_ = false;
      return;
    case Kind::deallocate:
      ++statistics_.deallocations;
      return;
  }
  if (resizing) statistics_.during_resizes.add(latency);
}

void Flow::resized(std::uint32_t name_space, std::uint64_t sectors) {
  for (std::uint32_t i = 0; i < shape_.targets.size(); ++i) {
    if (shape_.targets[i].name_space != name_space) continue;
    source_->resize(i, sectors);
    if (shape_.targets[i].ledger != nullptr) shape_.targets[i].ledger->shrink(sectors);
  }
}

void Flow::stop() {
  source_ended_ = true;
  held_.reset();
}

}  // namespace kilburn::ssd
