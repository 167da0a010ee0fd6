#include "riscv/decode/block.h"

#include <cstring>
#include <memory>
#include <new>

#include "riscv/decode/decoder.h"

namespace kilburn::riscv {

namespace {

constexpr auto bytes_a_line = static_cast<unsigned>(line_bytes);

}  // namespace

Instruction for_block(Instruction instruction, unsigned offset) {
  if (instruction.rd == 0 && writes_integer(instruction)) instruction.rd = x_nowhere;
  // The lower twelve bits of auipc's operand are zero and the offset is below 4096: no overflow.
  if (is_pc_relative(instruction.operation)) {
    instruction.immediate += static_cast<std::int32_t>(offset);
  }
  return instruction;
}

FetchLines CodePage::lines_of(unsigned offset, unsigned length, bool begins_block) const {
  if (fetch_line_bytes_ == 0) return FetchLines::same;
  if (offset % fetch_line_bytes_ + length > fetch_line_bytes_) return FetchLines::both;
  return offset % fetch_line_bytes_ == 0 && !begins_block ? FetchLines::next : FetchLines::same;
}

Block* CodePage::decode_block(unsigned offset) {
  std::array<Instruction, most_instructions + 1> code;
  unsigned count = 0;
  unsigned end = offset;
  bool ended = false;
  while (!ended && count < most_instructions && end < page_bytes) {
    const unsigned left = static_cast<unsigned>(page_bytes) - end;
    std::uint32_t bits = 0;
    std::memcpy(&bits, host_ + end, left < sizeof bits ? left : sizeof bits);
    if (left < sizeof bits && !is_compressed(bits)) break;
    code[count] = for_block(decode(bits), end);
    code[count].lines = lines_of(end, code[count].length, count == 0);
    end += code[count].length;
    ended = ends_block(code[count].operation);
    ++count;
  }
  if (count == 0) return nullptr;
  const unsigned stored = ended ? count : count + 1;
  if (!ended) code[count] = {.operation = Operation::block_end};

  // The block and its instructions lie one behind the other.
  static_assert(sizeof(Block) % alignof(Instruction) == 0);
  void* memory = arena_.allocate(sizeof(Block) + stored * sizeof(Instruction), line_bytes);
  auto* block = new (memory) Block;
  auto* instructions = reinterpret_cast<Instruction*>(block + 1);
  std::uninitialized_copy_n(code.begin(), stored, instructions);
  const Address first = (page_ << page_shift) + offset;
  *block = {.code = instructions,
            .line = fetch_line_bytes_ == 0 ? 0 : first & ~(fetch_line_bytes_ - 1),
            .first = static_cast<std::uint16_t>(offset),
            .end = static_cast<std::uint16_t>(end),
            .count = count};
  // Where the next instruction crosses the page's end, that, too, is a reason to end here.
  const unsigned last = ended || count == most_instructions || end == page_bytes ? end - 1 : end;
  for (unsigned line = offset / bytes_a_line; line <= last / bytes_a_line; ++line) {
    decoded_lines_ |= std::uint64_t{1} << line;
  }
  return block;
}

bool CodePage::decoded(unsigned offset, std::uint64_t bytes) const {
  for (Address line = offset / line_bytes; line <= (offset + bytes - 1) / line_bytes; ++line) {
    if ((decoded_lines_ >> line & 1) != 0) return true;
  }
  return false;
}

boost::intrusive_ptr<CodePage> BlockCache::page(PageNumber page, const std::byte* host) {
  Recent& recent = recent_[page % recent_pages];
  if (recent.page != page) {
    boost::intrusive_ptr<CodePage>& code = pages_[page];
    if (code == nullptr) code = new CodePage(host, page, fetch_line_bytes_);
    recent = {page, code.get()};
  }
  return recent.code;
}

bool BlockCache::written(Address address, std::uint64_t bytes) {
  const PageNumber page = address >> page_shift;
  const auto found = pages_.find(page);
  if (found == pages_.end()) return false;
  if (!found->second->decoded(static_cast<unsigned>(address % page_bytes), bytes)) {
    return true;
  }
  found->second->drop();
  if (Recent& recent = recent_[page % recent_pages]; recent.page == page) recent = {};
  pages_.erase(found);
  return false;
}

}  // namespace kilburn::riscv
