#include "dual_lut/dual_lut_module.h"

namespace kilburn::dual_lut {

DualLutModule::DualLutModule(const sc_core::sc_module_name& name, const DualLutConfig& config)
    : sc_module(name), tables_(config), stages_(config.synchronizer_stages) {
  SC_METHOD(search);
  sensitive << untranslated_clock.pos();
  dont_initialize();
  SC_METHOD(read);
  sensitive << translated_clock.pos();
  dont_initialize();
}

void DualLutModule::search() {
  if (searches_.empty()) return;
  const Request request = searches_.front();
  searches_.pop_front();
  const LookUp found = tables_.find(request.key, request.write);
  if (found.outcome == Outcome::stalled) {
    searches_.push_back(request);
    return;
  }
  under_way_[request.waiter] = request;
  if (found.outcome == Outcome::requested) {
    const Ask ask{found.id, request.key, request.write};
    asked_[found.id] = ask;
    asks_.push_back(ask);
  }
  // The index, and not the address.
  crossing_.push_back(
      {found.id, request.write, request.waiter, stages_ + 1, sc_core::sc_time_stamp()});
}

void DualLutModule::read() {
  if (!answers_.empty()) {
    const TaggedAnswer tagged = answers_.front();
    answers_.pop_front();
    const Completion completion = tables_.complete(tagged.id, tagged.answer);
    if (completion.ask_again) asks_.push_back(asked_.at(tagged.id));
    release(completion);
  }
  bool taken = false;
  for (Crossing& crossing : crossing_) {
    if (crossing.edges != 0 && crossing.sent < sc_core::sc_time_stamp()) --crossing.edges;
  }
  while (!taken && !crossing_.empty() && crossing_.front().edges == 0) {
    const Crossing crossing = crossing_.front();
    crossing_.pop_front();
    taken = true;
    const LookUp result = tables_.read(crossing.id, crossing.write, crossing.waiter);
    if (result.outcome == Outcome::hit || result.outcome == Outcome::denied) {
      under_way_.erase(crossing.waiter);
      responses_.push_back({crossing.waiter, result, sc_core::sc_time_stamp()});
    } else if (result.outcome == Outcome::stalled) {
      searches_.push_back(under_way_.at(crossing.waiter));
    }
  }
}

void DualLutModule::release(const Completion& completion) {
  for (const Waiter waiter : completion.waiters) searches_.push_back(under_way_.at(waiter));
}

}  // namespace kilburn::dual_lut
