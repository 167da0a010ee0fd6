#include "nvme/transfer.h"

#include <algorithm>

namespace kilburn::nvme {

Transfer::Result Transfer::locate(Command& command, std::uint64_t bytes, Nanoseconds now) {
  const PrpWalk walk =
      walker_.walk({.id = command.queue}, command.entry.prp1(), command.entry.prp2(), bytes,
                   parts_.registers.page(), now, command.pieces);
  command.cursor = 0;
  command.cursor_offset = 0;
  return {walk.status, walk.latency};
}

Transfer::Result Transfer::write(Command& command, std::uint64_t offset,
                                 std::span<const std::byte> bytes, Nanoseconds now) {
  if (offset < command.cursor_offset) {
    command.cursor = 0;
    command.cursor_offset = 0;
  }
  Result result;
  while (!bytes.empty() && command.cursor < command.pieces.size()) {
    const Piece& piece = command.pieces[command.cursor];
    const std::uint64_t within = offset - command.cursor_offset;
    if (within >= piece.bytes) {
      command.cursor_offset += piece.bytes;
      ++command.cursor;
      continue;
    }
    const std::size_t length = std::min<std::size_t>(bytes.size(), piece.bytes - within);
    const HostReply reply =
        parts_.memory.write({.id = command.queue}, piece.at + within, bytes.first(length), now);
    if (!reply.ok) result.status = NVME_DATA_TRANSFER_ERROR;
    result.latency = std::max(result.latency, reply.latency);
    bytes = bytes.subspan(length);
    offset += length;
  }
  return result;
}

Transfer::Result Transfer::read(Command& command, std::span<std::byte> bytes, Nanoseconds now) {
  Result result;
  std::size_t offset = 0;
  for (const Piece& piece : command.pieces) {
    const HostReply reply = parts_.memory.read({.id = command.queue}, piece.at,
                                               bytes.subspan(offset, piece.bytes), now);
    if (!reply.ok) result.status = NVME_DATA_TRANSFER_ERROR;
    result.latency = std::max(result.latency, reply.latency);
    offset += piece.bytes;
  }
  return result;
}

Transfer::Result Transfer::give(Command& command, std::span<const std::byte> bytes,
                                Nanoseconds now) {
  const Result place = locate(command, bytes.size(), now);
  if (place.status != NVME_SUCCESS) return place;
  const Result written = write(command, 0, bytes, now + place.latency);
  return {written.status, place.latency + written.latency};
}

Transfer::Result Transfer::take(Command& command, std::size_t bytes, Nanoseconds now) {
  command.buffer.resize(bytes);
  const Result place = locate(command, bytes, now);
  if (place.status != NVME_SUCCESS) return place;
  const Result got = read(command, command.buffer, now + place.latency);
  return {got.status, place.latency + got.latency};
}

}  // namespace kilburn::nvme
