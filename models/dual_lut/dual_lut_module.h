// The two control circuits of the dual tables on clocks of their own.
#pragma once

#include <cstdint>
#include <deque>
#include <systemc>
#include <unordered_map>
#include <utility>
#include <vector>

#include "dual_lut/dual_lut.h"

namespace kilburn::dual_lut {

/// Modelled: a search at each edge of one clock, a read at each edge of the other; between them a
/// first-in first-out queue of ids, each of which passes the synchronizer. What was parked comes
/// back the same way. Time: edges; `hit_latency` where nothing queues. For the claim's two clocks:
/// the host interface itself uses the tables without them.
class DualLutModule final : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(DualLutModule);
  struct Request {
    Key key{};
    bool write = false;
    Waiter waiter = 0;
  };
  struct Response {
    Waiter waiter = 0;
    LookUp result{};
    sc_core::sc_time when{};
  };
  struct Ask {
    Id id = 0;
    Key key{};
    bool write = false;
  };

  sc_core::sc_in<bool> untranslated_clock{"untranslated_clock"};
  sc_core::sc_in<bool> translated_clock{"translated_clock"};

  DualLutModule(const sc_core::sc_module_name& name, const DualLutConfig& config);

  void submit(const Request& request) { searches_.push_back(request); }
  /// An answer to one of `asks`, at the circuit with translated addresses.
  void answer(Id id, const Answer& answer) { answers_.push_back({id, answer}); }
  /// What has come out since the last call.
  [[nodiscard]] std::vector<Response> take_responses() { return std::exchange(responses_, {}); }
  [[nodiscard]] std::vector<Ask> take_asks() { return std::exchange(asks_, {}); }
  [[nodiscard]] DualLut& tables() { return tables_; }

 private:
  struct Crossing {
    Id id = 0;
    bool write = false;
    Waiter waiter = 0;
    unsigned edges = 0;  ///< that are left: of the synchronizer, and the one that reads
    sc_core::sc_time sent{};
  };
  struct TaggedAnswer {
    Id id = 0;
    Answer answer{};
  };
  void search();
  void read();
  void release(const Completion& completion);

  DualLut tables_;
  unsigned stages_;
  std::deque<Request> searches_;
  std::deque<Crossing> crossing_;
  std::deque<TaggedAnswer> answers_;
  std::unordered_map<Waiter, Request> under_way_;
  std::unordered_map<Id, Ask> asked_;
  std::vector<Response> responses_;
  std::vector<Ask> asks_;
};

}  // namespace kilburn::dual_lut
