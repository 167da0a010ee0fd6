#include "interrupt/plic.h"

#include <bit>
#include <cassert>

namespace kilburn::interrupt {
namespace {

template <class BitMap>
bool holds(const BitMap& map, unsigned source) {
  return (map[source / 32] >> source % 32 & 1) != 0;
}

template <class BitMap>
void assign(BitMap& map, unsigned source, bool value) {
  const std::uint32_t bit = 1u << source % 32;
  map[source / 32] = value ? map[source / 32] | bit : map[source / 32] & ~bit;
}

}  // namespace

void PlicStatistics::visit(StatisticVisitor& v) const {
  v.counter("requests", requests, "interrupts", "requests forwarded by the sources' gateways");
  v.counter("claims", claims, "claims", "claims that returned a source");
  v.counter("empty_claims", empty_claims, "claims", "claims that found nothing pending");
  v.counter("completions", completions, "completions", "completions of a claimed source");
  v.counter("ignored_completions", ignored_completions, "completions",
            "completions of a source that was not claimed, or not enabled for the context");
}

Plic::Plic(std::span<InterruptSink* const> harts) {
  contexts_.reserve(harts.size() * PLIC_CONTEXTS_PER_HART);
  for (InterruptSink* hart : harts) {
    contexts_.push_back({.line = {*hart, hart_line::machine_external}});
    contexts_.push_back({.line = {*hart, hart_line::supervisor_external}});
  }
}

void Plic::set(unsigned source, bool level) {
  assert(source != 0 && source < sources && "the board has no such source");
  assign(level_, source, level);
  forward(source);
  drive_lines();
}

void Plic::forward(unsigned source) {
  if (!holds(level_, source) || holds(pending_, source) || holds(in_service_, source)) return;
  assign(pending_, source, true);
  ++statistics_.requests;
}

unsigned Plic::best(const Context& context, std::uint32_t threshold) const {
  unsigned best = 0;
  std::uint32_t highest = threshold;
  for (unsigned word = 0; word < words; ++word) {
    for (std::uint32_t bits = pending_[word] & context.enabled[word]; bits != 0; bits &= bits - 1) {
      const unsigned source = word * 32 + static_cast<unsigned>(std::countr_zero(bits));
      if (priority_[source] <= highest) continue;
      highest = priority_[source];
      best = source;
    }
  }
  return best;
}

void Plic::drive_lines() {
  for (Context& context : contexts_) context.line.set(best(context, context.threshold) != 0);
}

std::uint32_t Plic::claim(Context& context) {
  const unsigned source = best(context, 0);
  if (source == 0) {
    ++statistics_.empty_claims;
    return 0;
  }
  ++statistics_.claims;
  assign(pending_, source, false);
  assign(in_service_, source, true);
  drive_lines();
  return source;
}

void Plic::complete(const Context& context, std::uint32_t source) {
  if (source >= sources || !holds(context.enabled, source) || !holds(in_service_, source)) {
    ++statistics_.ignored_completions;
    return;
  }
  ++statistics_.completions;
  assign(in_service_, source, false);
  forward(source);
  drive_lines();
}

std::uint32_t Plic::read(unsigned offset) {
  assert(offset % 4 == 0 && "the module refuses other accesses");
  if (offset < PLIC_PENDING) return offset / 4 < sources ? priority_[offset / 4] : 0;
  if (offset < PLIC_ENABLE) {
    const unsigned word = (offset - PLIC_PENDING) / 4;
    return word < words ? pending_[word] : 0;
  }
  if (offset < PLIC_CONTEXT) {
    const unsigned context = (offset - PLIC_ENABLE) / PLIC_ENABLE_STRIDE;
    const unsigned word = (offset - PLIC_ENABLE) % PLIC_ENABLE_STRIDE / 4;
    return context < contexts_.size() && word < words ? contexts_[context].enabled[word] : 0;
  }
  const unsigned context = (offset - PLIC_CONTEXT) / PLIC_CONTEXT_STRIDE;
  if (context >= contexts_.size()) return 0;
  switch ((offset - PLIC_CONTEXT) % PLIC_CONTEXT_STRIDE) {
    case PLIC_THRESHOLD:
      return contexts_[context].threshold;
    case PLIC_CLAIM:
      return claim(contexts_[context]);
    default:
      return 0;
  }
}

void Plic::write(unsigned offset, std::uint32_t value) {
  assert(offset % 4 == 0 && "the module refuses other accesses");
  if (offset < PLIC_PENDING) {
    const unsigned source = offset / 4;
    if (source != 0 && source < sources) priority_[source] = value & PLIC_PRIORITY_MOST;
  } else if (offset >= PLIC_ENABLE && offset < PLIC_CONTEXT) {
    const unsigned context = (offset - PLIC_ENABLE) / PLIC_ENABLE_STRIDE;
    const unsigned word = (offset - PLIC_ENABLE) % PLIC_ENABLE_STRIDE / 4;
    if (context >= contexts_.size() || word >= words) return;
    contexts_[context].enabled[word] = word == 0 ? value & ~1u : value;  // source 0 is none
  } else if (offset >= PLIC_CONTEXT) {
    const unsigned context = (offset - PLIC_CONTEXT) / PLIC_CONTEXT_STRIDE;
    if (context >= contexts_.size()) return;
    switch ((offset - PLIC_CONTEXT) % PLIC_CONTEXT_STRIDE) {
      case PLIC_THRESHOLD:
        contexts_[context].threshold = value & PLIC_PRIORITY_MOST;
        break;
      case PLIC_CLAIM:
        complete(contexts_[context], value);
        return;
      default:
        return;
    }
  }
  drive_lines();
}

void Plic::reset() {
  priority_ = {};
  pending_ = {};
  in_service_ = {};
  for (Context& context : contexts_) {
    context.enabled = {};
    context.threshold = 0;
  }
  for (unsigned source = 1; source < sources; ++source) forward(source);
  drive_lines();
}

}  // namespace kilburn::interrupt
