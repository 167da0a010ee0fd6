#include <algorithm>

#include "iommu/iommu.h"
#include "kilburn/iommu.h"

namespace kilburn::iommu {

namespace {
template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;
constexpr unsigned device_id_bits = 24;
}  // namespace

CommandRules Iommu::rules() const {
  CommandRules rules{.capabilities = capabilities_, .wired = interrupts_.wired()};
  // How wide a device's number may be: what the directory's depth can tell apart.
  const unsigned levels = directory_.levels();
  const unsigned leaf = (capabilities_ & IOMMU_CAP_MSI_FLAT) != 0 ? 6 : 7;
  rules.device_bits = levels == 1 ? leaf : levels == 2 ? leaf + 9 : device_id_bits;
  return rules;
}

Cycles Iommu::start(const Command& command, Cycles now) {
  const Cycles taken = std::visit(
      Overloaded{[&](const AddressSpaces::Change& change) { return start_change(change, now); },
                 [&](const Fence&) { return start_fence(now); },
                 [&](const DirectoryInvalidation& what) {
                   invalidate_directories(what);
                   return Cycles{0};
                 },
                 [&](const FunctionMessage& message) { return send(message, now); }},
      command);
  statistics_.command_cycles += taken + config_.command_cycles;
  return taken;
}

CommandEnd Iommu::finish(const Command& command, Cycles now) {
  const auto* fence = std::get_if<Fence>(&command);
  return fence == nullptr ? CommandEnd::completed : finish_fence(*fence, now);
}

/// Transfers that are under way are translated again, whoever else has to acknowledge.
Cycles Iommu::start_change(const AddressSpaces::Change& change, Cycles now) {
  ++statistics_.table_invalidations;
  ++generation_;
  return carry_out(change, now);
}

Cycles Iommu::carry_out(const AddressSpaces::Change& change, Cycles now) {
  const auto started = observer_ != nullptr ? observer_->change_started() : 0;
  const InvalidateResult done = spaces_.invalidate(change, now);
  if (done.ok) {
    if (observer_ != nullptr) observer_->changed(change, started);
    return done.cycles;
  }
  unfinished_ = true;
  if (unacknowledged_) unacknowledged_(done.missing);
  return done.cycles;
}

/// All that has come before must be complete: what somebody has not acknowledged is tried again,
/// for all address spaces, since any may have been meant.
Cycles Iommu::start_fence(Cycles now) {
  Cycles taken = functions_done_ > now ? functions_done_ - now : 0;
  if (!unfinished_) return taken;
  ++generation_;
  unfinished_ = false;
  for (const bool guests : {false, true}) {
    taken += carry_out({.guest_stage = guests}, now + taken);
  }
  return taken;
}

CommandEnd Iommu::finish_fence(const Fence& fence, Cycles now) {
  if (unfinished_) return CommandEnd::timeout;
  if (function_silent_) {
    function_silent_ = false;
    return CommandEnd::timeout;
  }
  if (fence.store && !memory_.write_word(fence.store->address, fence.store->data, now).ok) {
    return CommandEnd::memory_fault;
  }
  ++statistics_.fences;
  if (fence.interrupt) commands_.set_fence_done();
  return CommandEnd::completed;
}

void Iommu::invalidate_directories(const DirectoryInvalidation& what) {
  ++statistics_.directory_invalidations;
  if (observer_ != nullptr) observer_->changed(what);
  if (!what.device) return directories_.invalidate_all();
  if (!what.process) return directories_.invalidate_device(*what.device);
  directories_.invalidate_process(*what.device, *what.process);
}

Cycles Iommu::send(const FunctionMessage& message, Cycles now) {
  ++statistics_.function_messages;
  if (message.response) {
    if (functions_ == nullptr) return 0;
    functions_->respond({message.device, message.pasid, message.payload}, now);
    return 0;
  }
  const std::optional<Cycles> answer =
      functions_ == nullptr
          ? std::nullopt
          : functions_->invalidate({message.device, message.pasid, message.payload}, now);
  const bool silent = !answer || *answer > config_.ats_timeout;
  function_silent_ = function_silent_ || silent;
  functions_done_ = std::max(functions_done_, now + (silent ? config_.ats_timeout : *answer));
  return 0;
}

}  // namespace kilburn::iommu
