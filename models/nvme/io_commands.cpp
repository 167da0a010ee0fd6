#include "nvme/io_commands.h"

#include <algorithm>
#include <cstring>

#include "nvme/structure.h"

namespace kilburn::nvme {

using Kind = ftl::Request::Kind;

namespace {

constexpr unsigned dw_lba = 10;
constexpr unsigned dw_blocks = 12;

bool moves_blocks(std::uint8_t opcode) {
  return opcode == NVME_IO_READ || opcode == NVME_IO_WRITE || opcode == NVME_IO_COMPARE ||
         opcode == NVME_IO_WRITE_ZEROES;
}

Kind kind_of(const Entry& entry) {
  switch (entry.opcode()) {
    case NVME_IO_WRITE:
      return Kind::write;
    case NVME_IO_WRITE_ZEROES:
      return (entry.dw(dw_blocks) & NVME_RW_DEALLOCATE) != 0 ? Kind::deallocate
                                                             : Kind::write_zeroes;
    case NVME_IO_FLUSH:
      return Kind::flush;
    default:
      return Kind::read;
  }
}

}  // namespace

IoCommands::Extent IoCommands::extent_of(const Command& command) {
  const std::uint64_t blocks = std::uint64_t{command.entry.dw(dw_blocks) & 0xFFFF} + 1;
  return {command.entry.wide(dw_lba) << command.block_shift, blocks << command.block_shift};
}

void IoCommands::start(std::uint32_t slot, Nanoseconds now) {
  Command& command = parts_.commands[slot];
  if (command.status != NVME_SUCCESS) return parts_.end(slot, command.status, now);
  if (command.abort != NVME_SUCCESS) return parts_.end(slot, command.abort, now);
  Namespace* const space = parts_.namespaces.find_attached(command.entry.nsid());
  command.block_shift = space == nullptr ? 0 : space->block_shift();
  const Status status = check(command, space);
  if (status != NVME_SUCCESS) return parts_.end(slot, status, now);
  command.checks =
      space != nullptr && space->deallocated_is_error &&
      (command.entry.opcode() == NVME_IO_READ || command.entry.opcode() == NVME_IO_COMPARE);
  const Transfer::Result data = fetch_data(command, now);
  if (data.status != NVME_SUCCESS) return parts_.end(slot, data.status, now + data.latency);
  if (data.latency == 0) return submit(slot, now);
  parts_.queue.add(now + data.latency, Event::Kind::submit, slot, command.generation);
}

Status IoCommands::check(const Command& command, const Namespace* space) const {
  const Entry& entry = command.entry;
  const std::uint8_t opcode = entry.opcode();
  const bool known =
      moves_blocks(opcode) || opcode == NVME_IO_FLUSH || opcode == NVME_IO_DATASET_MANAGEMENT;
  if (!known) return NVME_INVALID_OPCODE;
  if (entry.fuse() != 0 || entry.psdt() != 0) return NVME_INVALID_FIELD;
  if (opcode == NVME_IO_FLUSH && entry.nsid() == NVME_NSID_ALL) return NVME_SUCCESS;
  // An id that no namespace can have, or one that is not attached.
  if (space == nullptr) {
    const bool possible = entry.nsid() != 0 && entry.nsid() <= parts_.namespaces.most();
    return possible ? NVME_INVALID_FIELD : NVME_INVALID_NAMESPACE;
  }
  if (space->formatting) return NVME_FORMAT_IN_PROGRESS;
  return moves_blocks(opcode) ? check_range(command) : NVME_SUCCESS;
}

Status IoCommands::check_range(const Command& command) const {
  if ((command.entry.dw(dw_blocks) & NVME_RW_PRINFO_MASK) != 0) return NVME_INVALID_PROTECTION;
  const Extent extent = extent_of(command);
  const bool has_data = command.entry.opcode() != NVME_IO_WRITE_ZEROES;
  if (has_data && extent.bytes() > parts_.most_bytes()) return NVME_INVALID_FIELD;
  // What passes the end of 64 bits passes every namespace's; the media looks at the rest.
  const std::uint64_t lba = command.entry.wide(dw_lba);
  if (lba > UINT64_MAX >> 4 || extent.first + extent.sectors < extent.first) {
    return NVME_LBA_OUT_OF_RANGE;
  }
  return NVME_SUCCESS;
}

Transfer::Result IoCommands::fetch_data(Command& command, Nanoseconds now) {
  const Extent extent = extent_of(command);
  switch (command.entry.opcode()) {
    case NVME_IO_READ:
      return transfer_.locate(command, extent.bytes(), now);
    case NVME_IO_WRITE:
    case NVME_IO_COMPARE:
      return transfer_.take(command, extent.bytes(), now);
    case NVME_IO_DATASET_MANAGEMENT:
      return transfer_.take(
          command, ((command.entry.dw(10) & 0xFF) + std::size_t{1}) * NVME_DSM_RANGE_BYTES, now);
    default:
      return {};
  }
}

void IoCommands::submit(std::uint32_t slot, Nanoseconds now) {
  Command& command = parts_.commands[slot];
  if (command.abort != NVME_SUCCESS) return parts_.end(slot, command.abort, now);
  const Entry& entry = command.entry;
  if (entry.opcode() == NVME_IO_DATASET_MANAGEMENT) return submit_ranges(slot, now);
  ftl::Request request{.kind = command.checks ? Kind::check_mapped : kind_of(entry),
                       .space = entry.nsid(),
                       .tag = parts_.commands.tag(slot)};
  if (entry.opcode() == NVME_IO_FLUSH) {
    // All of it becomes durable, whichever namespace is named.
    if (entry.nsid() == NVME_NSID_ALL) {
      const std::vector<std::uint32_t> ids = parts_.namespaces.ids(true);
      if (ids.empty()) return parts_.end(slot, NVME_SUCCESS, now);
      request.space = ids.front();
    }
  } else {
    const Extent extent = extent_of(command);
    request.first = extent.first;
    request.sectors = extent.sectors;
    request.durable = (entry.dw(dw_blocks) & NVME_RW_FUA) != 0;
    if (request.kind == Kind::write) request.data = command.buffer;
  }
  command.media_left = 1;
  parts_.media.submit(request, now);
}

void IoCommands::submit_ranges(std::uint32_t slot, Nanoseconds now) {
  Command& command = parts_.commands[slot];
  if ((command.entry.dw(11) & NVME_DSM_DEALLOCATE) == 0) return parts_.end(slot, NVME_SUCCESS, now);
  const std::span<const std::byte> ranges = command.buffer;
  const auto sectors_of = [&](std::size_t at) {
    return std::uint64_t{take<std::uint32_t>(ranges, at + 4)} << command.block_shift;
  };
  for (std::size_t at = 0; at < ranges.size(); at += NVME_DSM_RANGE_BYTES) {
    const auto lba = take<std::uint64_t>(ranges, at + 8);
    if (lba > UINT64_MAX >> 4) return parts_.end(slot, NVME_LBA_OUT_OF_RANGE, now);
    if (sectors_of(at) != 0) ++command.media_left;
  }
  if (command.media_left == 0) return parts_.end(slot, NVME_SUCCESS, now);
  for (std::size_t at = 0; at < ranges.size(); at += NVME_DSM_RANGE_BYTES) {
    const std::uint64_t sectors = sectors_of(at);
    if (sectors == 0) continue;
    parts_.media.submit({.kind = Kind::deallocate,
                         .space = command.entry.nsid(),
                         .first = take<std::uint64_t>(ranges, at + 8) << command.block_shift,
                         .sectors = sectors,
                         .tag = parts_.commands.tag(slot)},
                        now);
  }
}

void IoCommands::bytes(std::uint32_t slot, std::uint64_t offset, std::span<const std::byte> bytes,
                       Nanoseconds now) {
  Command& command = parts_.commands[slot];
  if (command.entry.opcode() == NVME_IO_COMPARE) {
    const bool same = offset + bytes.size() <= command.buffer.size() &&
                      std::memcmp(command.buffer.data() + offset, bytes.data(), bytes.size()) == 0;
    if (!same && command.status == NVME_SUCCESS) command.status = NVME_COMPARE_FAILURE;
    return;
  }
  const Transfer::Result moved = transfer_.write(command, offset, bytes, now);
  if (moved.status != NVME_SUCCESS && command.status == NVME_SUCCESS) command.status = moved.status;
  command.data_until = std::max(command.data_until, now + moved.latency);
}

void IoCommands::ended(std::uint32_t slot, ftl::MediaStatus status, ftl::Sector failed,
                       Nanoseconds when) {
  Command& command = parts_.commands[slot];
  if (status != ftl::MediaStatus::success &&
      (command.status == NVME_SUCCESS || command.status == NVME_COMPARE_FAILURE)) {
    const bool full = status == ftl::MediaStatus::no_space;
    command.status = full ? Status{NVME_CAPACITY_EXCEEDED} : status_of(status);
    command.lba = failed >> command.block_shift;
  }
  if (--command.media_left != 0) return;
  if (command.checks && command.status == NVME_SUCCESS) {
    command.checks = false;
    parts_.queue.add(when, Event::Kind::submit, slot, command.generation);
    return;
  }
  if (command.status == NVME_SUCCESS) {
    const std::uint64_t bytes = extent_of(command).bytes();
    if (command.entry.opcode() == NVME_IO_READ) parts_.statistics.bytes_read += bytes;
    if (command.entry.opcode() == NVME_IO_WRITE) parts_.statistics.bytes_written += bytes;
  }
  parts_.end(slot, command.status, std::max(when, command.data_until));
}

}  // namespace kilburn::nvme
