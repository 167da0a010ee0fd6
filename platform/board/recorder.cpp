#include "platform/board/recorder.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "common/error.h"
#include "platform/board/board.h"

namespace kilburn::board {

namespace {

using page_table_walker::Regime;

constexpr std::size_t batch_records = 4096;
constexpr std::size_t most_spaces = std::size_t{1} << 16;  ///< asid has 16 bits

bool is_upper_half(Address va) {
  return va >> 63 != 0;
}

/// Does a fence concern an address space that the TLBs tag as `space`?
bool concerns(const Invalidation& fence, const Context& space) {
  using enum Invalidation::Operation;
  switch (fence.operation) {
    case by_asid:
    case by_va_asid:
      return fence.context.asid == space.asid && fence.context.vmid == space.vmid;
    case by_vmid:
    case by_va:
    case by_guest_frame:
      return fence.context.vmid == space.vmid;
    case by_realm:
      return fence.context.realm == space.realm;
    case all:
    case by_frame:
      break;
  }
  return true;
}

/// It is of one virtual page.
bool by_page(const Invalidation& fence) {
  return fence.operation == Invalidation::Operation::by_va ||
         fence.operation == Invalidation::Operation::by_va_asid;
}

}  // namespace

HartRecorder::HartRecorder(RecordOptions options, const std::filesystem::path& file,
                           const trace::Metadata& metadata, HartContexts contexts,
                           std::function<void()> ended)
    : options_(std::move(options)),
      file_(file),
      contexts_(contexts),
      ended_(std::move(ended)),
      writer_(file, {.metadata = metadata}) {
  records_.reserve(batch_records);
}

void HartRecorder::fetched(const riscv::AddressSpace& space, Address pc, unsigned bytes) {
  add(space, {.address = pc,
              .kind = trace::Kind::fetch,
              .size = static_cast<std::uint8_t>(bytes),
              .requester = static_cast<std::uint8_t>(contexts_.hart)});
}

void HartRecorder::accessed(const riscv::AddressSpace& space, Address va, unsigned bytes,
                            Access access) {
  add(space, {.address = va,
              .kind = access == Access::store ? trace::Kind::store : trace::Kind::load,
              .size = static_cast<std::uint8_t>(bytes),
              .requester = static_cast<std::uint8_t>(contexts_.hart)});
}

void HartRecorder::add(const riscv::AddressSpace& space, const trace::Record& record) {
  if (done()) return;
  const bool begun = passed_ == options_.from;
  if (!space.translated()) {
    if (begun) ++left_out_.untranslated;
    return;
  }
  if (is_upper_half(record.address)) {
    if (begun) ++left_out_.upper_half;
    return;
  }
  if (!begun) {
    ++passed_;
    return;
  }
  if (last_ == no_space || space.regime != regime_) {
    last_ = number_of(space.regime);
    if (failed_) return;
    regime_ = space.regime;
  }
  enter(last_);
  spaces_[last_].accessed = true;
  records_.push_back(record);
  ++recorded_;
  if (records_.size() >= batch_records) write();
  if (reached_limit()) ended_();
}

std::uint32_t HartRecorder::number_of(const Regime& regime) {
  const Context& context = regime.context;
  const Key key{regime.stage1, regime.root,  regime.guest_stage, regime.guest_root,
                context.asid,  context.vmid, context.realm};
  const auto known = numbers_.find(key);
  if (known != numbers_.end()) return known->second;
  if (spaces_.size() == most_spaces) {
    fail(fmt::format("{}: more than {} address spaces", file_.string(), most_spaces));
    return no_space;
  }
  const auto number = static_cast<std::uint32_t>(spaces_.size());
  spaces_.push_back({.hardware = context});
  numbers_.emplace(key, number);
  return number;
}

/// What a trace calls it: the VMID without the part that keeps harts apart.
Context HartRecorder::context_of(std::uint32_t space) const {
  const Context& hardware = spaces_[space].hardware;
  return {.asid = static_cast<std::uint16_t>(space),
          .vmid = static_cast<std::uint16_t>(hardware.vmid - contexts_.host()),
          .realm = hardware.realm};
}

void HartRecorder::enter(std::uint32_t space) {
  if (space == current_) return;
  current_ = space;
  add_event(trace::ContextSwitch{context_of(space)});
}

void HartRecorder::fenced(const Invalidation& fence) {
  using Operation = Invalidation::Operation;
  if (done() || (by_page(fence) && is_upper_half(fence.vpn << page_shift))) return;
  for (std::uint32_t i = 0; i < spaces_.size(); ++i) {
    Space& space = spaces_[i];
    if (!space.accessed || !concerns(fence, space.hardware)) continue;
    enter(i);
    Invalidation invalidation{.operation = Operation::by_asid, .context = context_of(i)};
    if (by_page(fence)) {
      invalidation.operation = Operation::by_va_asid;
      invalidation.vpn = fence.vpn;
      invalidation.last_level = fence.last_level;
    } else {
      space.accessed = false;
    }
    add_event(trace::Invalidate{invalidation});
  }
}

void HartRecorder::add_event(const trace::Event& event) {
  records_.push_back({.event = static_cast<std::uint32_t>(events_.size()),
                      .kind = trace::Kind::event,
                      .size = 0,
                      .requester = static_cast<std::uint8_t>(contexts_.hart)});
  events_.push_back(event);
}

void HartRecorder::write() {
  try {
    writer_.append({.records = records_, .events = events_, .physical = {}});
  } catch (const InputError& error) {
    fail(error.what());
  }
  records_.clear();
  events_.clear();
}

/// An exception must not pass through the harts' processes: it waits for finish().
void HartRecorder::fail(std::string what) {
  failed_ = true;
  error_ = std::move(what);
  ended_();
}

void HartRecorder::finish() {
  try {
    if (!failed_) {
      if (!records_.empty())
        writer_.append({.records = records_, .events = events_, .physical = {}});
      writer_.finish();
      return;
    }
  } catch (const InputError& error) {
    error_ = error.what();
  }
  const std::filesystem::path kept = writer_.leave_blocks();
  if (!kept.empty()) {
    error_ +=
        fmt::format("; its first {} records can be kept: kilburn trace convert --salvage {} {}",
                    writer_.records_in_blocks(), kept.string(), file_.string());
  }
  throw InputError(error_);
}

Recorder::Recorder(Board& board, const RecordOptions& options, const trace::Metadata& metadata)
    : options_(options) {
  for (unsigned i = 0; i < board.harts(); ++i) {
    const std::filesystem::path file = record_file(options.file, i, board.harts());
    trace::Metadata of_hart = metadata;
    of_hart["hart"] = fmt::format("{} of {}", i, board.harts());
    harts_.push_back(std::make_unique<HartRecorder>(
        options, file, of_hart, board.hart(i).hart().control().contexts(), [&board, i, this] {
          board.hart(i).observe(nullptr);
          if (harts_[i]->failed()) board.interrupt();
        }));
    board.hart(i).observe(harts_.back().get());
  }
}

void Recorder::finish() {
  std::string errors;
  for (const auto& hart : harts_) {
    try {
      hart->finish();
    } catch (const InputError& error) {
      errors += fmt::format("{}{}", errors.empty() ? "" : "\n", error.what());
    }
  }
  if (!errors.empty()) throw InputError(errors);
}

std::string Recorder::summary() const {
  std::string text;
  for (const auto& hart : harts_) {
    const trace::Counts& counts = hart->counts();
    const LeftOut& left_out = hart->left_out();
    text += fmt::format(
        "recorded to {}: {} fetches, {} loads, {} stores, {} events, {} address spaces{}\n"
        "  left out: {} accesses that were not translated, {} of a kernel's half of the "
        "addresses\n",
        hart->file().string(), counts.fetches, counts.loads, counts.stores, counts.events,
        hart->spaces(),
        hart->reached_limit() ? fmt::format("; ended after {} accesses", options_.limit) : "",
        left_out.untranslated, left_out.upper_half);
  }
  return text;
}

std::filesystem::path record_file(const std::filesystem::path& file, unsigned hart,
                                  unsigned harts) {
  if (harts == 1) return file;
  std::filesystem::path name = file.stem();
  name += fmt::format(".hart{}", hart);
  name += file.extension();
  return file.parent_path() / name;
}

}  // namespace kilburn::board
