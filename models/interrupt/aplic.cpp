#include "interrupt/aplic.h"

#include <vector>

namespace kilburn::interrupt {
namespace {

std::vector<InterruptLine> lines(std::span<InterruptSink* const> harts, unsigned line) {
  std::vector<InterruptLine> result;
  for (InterruptSink* hart : harts) result.emplace_back(*hart, line);
  return result;
}

bool is_source_register(unsigned offset) {
  return offset > APLIC_SOURCECFG && offset < APLIC_SOURCECFG + 4 * aplic_sources;
}

}  // namespace

void AplicStatistics::visit(StatisticVisitor& v) const {
  v.counter("requests", requests, "interrupts", "rises of a source's pending bit");
  v.counter("claims", claims, "claims", "claims that returned a source");
  v.counter("empty_claims", empty_claims, "claims", "claims that found nothing pending");
  v.counter("messages", messages, "messages", "messages sent for sources and by genmsi");
  v.counter("lost_messages", lost_messages, "messages",
            "of these, messages to an address that refused them");
}

Aplic::Aplic(std::span<InterruptSink* const> harts, Delivery delivery)
    : delivery_(delivery),
      domains_{AplicDomain{delivery, false, lines(harts, hart_line::machine_external)},
               AplicDomain{delivery, true, lines(harts, hart_line::supervisor_external)}} {
  reset();
}

void Aplic::set(unsigned source, bool level) {
  for (AplicDomain& each : domains_) each.input(source, level);
}

void Aplic::set_delegated(unsigned source, bool delegated) {
  delegated_[source] = delegated;
  domain(Level::supervisor).set_implemented(source, delegated);
}

void Aplic::write_root_source(unsigned source, std::uint32_t value) {
  const bool delegated = (value & APLIC_SOURCECFG_DELEGATE) != 0;  // to child 0, the only one
  set_delegated(source, delegated);
  domain(Level::machine).write(4 * source, delegated ? 0 : value);
}

std::uint32_t Aplic::read(Level level, unsigned offset) {
  if (level == Level::machine) {
    if (is_source_register(offset) && delegated_[offset / 4]) return APLIC_SOURCECFG_DELEGATE;
    if (delivery_ == Delivery::message && MsiAddresses::has_register(offset)) {
      return addresses_.read(offset);
    }
  }
  return domain(level).read(offset);
}

void Aplic::write(Level level, unsigned offset, std::uint32_t value) {
  if (level == Level::machine && is_source_register(offset)) {
    write_root_source(offset / 4, value);
  } else if (level == Level::machine && MsiAddresses::has_register(offset)) {
    if (delivery_ == Delivery::message) addresses_.write(offset, value);
  } else {
    domain(level).write(offset, value);
  }
}

bool Aplic::has_message() const {
  return domains_[0].has_message() || domains_[1].has_message();
}

std::optional<Aplic::Write> Aplic::take_message() {
  if (const auto message = domain(Level::machine).take_message()) {
    ++messages_;
    return Write{addresses_.machine(message->hart), message->identity};
  }
  if (const auto message = domain(Level::supervisor).take_message()) {
    ++messages_;
    return Write{addresses_.supervisor(message->hart, message->guest), message->identity};
  }
  return std::nullopt;
}

unsigned Aplic::priority(Level level, unsigned hart) const {
  if (delivery_ == Delivery::message) return 0;
  return domain(level).top(hart) & APLIC_TOPI_PRIORITY_MASK;
}

void Aplic::reset() {
  addresses_ = {};
  for (AplicDomain& each : domains_) each.reset();
  for (unsigned source = 1; source < aplic_sources; ++source) {
    domain(Level::machine).set_implemented(source, true);
    delegated_[source] = false;
  }
}

AplicStatistics Aplic::statistics() const {
  AplicStatistics sum{.messages = messages_, .lost_messages = lost_messages_};
  for (const AplicDomain& each : domains_) {
    sum.requests += each.counts().requests;
    sum.claims += each.counts().claims;
    sum.empty_claims += each.counts().empty_claims;
  }
  return sum;
}

}  // namespace kilburn::interrupt
