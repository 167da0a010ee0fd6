#include "ftl/core.h"

#include <array>
#include <cassert>
#include <cstring>

namespace kilburn::ftl {

using nand::BlockId;
using nand::FrameId;
using nand::FrameSource;
using nand::PageId;
using nand::PlaneId;
using nand::ProgramEnd;

Core::Core(const FtlConfig& ftl, const nand::TimingConfig& timing_config, nand::Array& cells)
    : config(ftl),
      geometry(cells.geometry()),
      identity(geometry),
      array(cells),
      timing(timing_config, geometry),
      map(config, capacity_units(config, geometry)),
      blocks(config, array),
      buffer(config.buffer_units),
      spare_(identity.spare_bytes()),
      metadata_owners_(geometry.frames()),
      metadata_frames_(geometry.frames()) {
  statistics.frames_of_page = geometry.frames();
  const std::uint32_t frames = geometry.frames_of_block();
  needed_blocks = ((map.capacity() + frames - 1) / frames) + reserve_of(config, geometry).blocks();
}

std::optional<PageId> Core::program(Stream stream, PlaneId plane, std::span<const Owner> owners,
                                    std::span<const FrameSource> frames) {
  for (;;) {
    const auto page = blocks.next_page(stream, plane);
    if (!page) return std::nullopt;
    const BlockId block = geometry.block(*page);
    const Sequence mine = sequence + 1;
    const Sequence base = geometry.page_in_block(*page) == 0 ? mine : array.tag(block);
    if (mine - base > Identity::longest_distance) {
      blocks.close(stream, plane);
      continue;
    }
    identity.pack(spare_, mine - base, owners);
    sequence = mine;
    ++programmed_since_checkpoint;
    const ProgramEnd end = array.program(*page, frames, spare_, base);
    assert(end != ProgramEnd::not_in_order && "pages of a block are programmed in order");
    blocks.advance(stream, *page);
    blocks[block].last_write = mine;
    if (end == ProgramEnd::done) return page;
    ++statistics.program_failures;
    queue_program(*page, geometry.frames(), stream != Stream::host, {});
    blocks.close(stream, plane);
    retire(block);
  }
}

bool Core::program_metadata(PageId page, const Owner& owner, std::span<const std::byte> bytes) {
  const BlockId block = geometry.block(page);
  for (std::uint32_t i = 0; i < geometry.frames(); ++i) {
    metadata_owners_[i] = owner;
    metadata_frames_[i] = {FrameSource::Kind::data,
                           bytes.subspan(std::size_t{i} * nand::frame_bytes, nand::frame_bytes)};
  }
  const Sequence mine = sequence + 1;
  const Sequence base = geometry.page_in_block(page) == 0 ? mine : array.tag(block);
  identity.pack(spare_, mine - base, metadata_owners_);
  sequence = mine;
  const ProgramEnd end = array.program(page, metadata_frames_, spare_, base);
  assert(end != ProgramEnd::not_in_order);
  if (end == ProgramEnd::done) return true;
  ++statistics.program_failures;
  return false;
}

void Core::erase(BlockId block) {
  ++statistics.erases;
  if (!array.erase(block)) {
    ++statistics.erase_failures;
    queue_erase(block, {});
    array.mark_bad(block);
    blocks.set_bad(block);
    return;
  }
  blocks.set_free(block, true);
  ++erases_under_way;
  queue_erase(block, {Purpose::Kind::erase, raw(block)});
}

void Core::retire(BlockId block) {
  array.mark_bad(block);
  blocks.set_bad(block);
  retired.push_back(block);
}

nand::Operation Core::operation(PageId page, std::uint32_t frames) const {
  const PlaneId plane = geometry.plane(geometry.block(page));
  nand::Operation operation;
  operation.die = geometry.die(plane);
  operation.plane = geometry.plane_in_die(plane);
  operation.page = geometry.page_in_block(page);
  operation.bytes = frames * nand::frame_bytes;
  return operation;
}

void Core::queue_read(PageId page, std::uint32_t frames, bool background, Purpose purpose) {
  nand::Operation read = operation(page, frames);
  read.background = background;
  read.user = purpose.word();
  timing.submit(read, now);
}

void Core::queue_program(PageId page, std::uint32_t frames, bool background, Purpose purpose) {
  nand::Operation program = operation(page, frames);
  program.kind = nand::Operation::Kind::program;
  program.background = background;
  program.user = purpose.word();
  timing.submit(program, now);
}

void Core::queue_erase(BlockId block, Purpose purpose) {
  nand::Operation erase = operation(geometry.page(block, 0), 0);
  erase.kind = nand::Operation::Kind::erase;
  erase.background = true;
  erase.user = purpose.word();
  timing.submit(erase, now);
}

void Core::move_unit(const Owner& owner, FrameId from, FrameId to) {
  const Entry entry = map.at(owner.space, owner.unit);
  if (entry.buffered()) {
    buffer[entry.slot()].flash = Entry::in_flash(to);
  } else {
    map.set(owner.space, owner.unit, Entry::in_flash(to));
  }
  blocks.drop_valid(from);
  blocks.add_valid(to);
}

void Core::pattern(const Owner& owner, std::uint64_t seed, std::span<std::byte> bytes) {
  const std::uint64_t key = mix64(seed ^ (std::uint64_t{owner.space} << 32 | owner.unit));
  constexpr std::uint64_t step = 0x9E3779B97F4A7C15u;
  // Word i is key + i * step, a line at a time, which the compiler does in vectors.
  std::array<std::uint64_t, 8> line{};
  for (std::size_t i = 0; i < line.size(); ++i) line[i] = key + (i * step);
  for (std::size_t at = 0; at + sizeof line <= bytes.size(); at += sizeof line) {
    std::memcpy(bytes.data() + at, line.data(), sizeof line);
    for (std::uint64_t& word : line) word += line.size() * step;
  }
}

}  // namespace kilburn::ftl
