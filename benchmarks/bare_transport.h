// The limit that transactions are compared with: bare blocking-transport hops, and nothing else.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <systemc>
#include <tlm>

#include "common/forward_target.h"

namespace kilburn {

/// Counts and passes on, or ends the way as a device of one register of zeros.
class Hop final : public sc_core::sc_module, public ForwardTarget, public BackwardInitiator {
 public:
  tlm::tlm_target_socket<> in{"in"};
  tlm::tlm_initiator_socket<> out{"out"};

  Hop(const sc_core::sc_module_name& name, bool last) : sc_module(name), last_(last) {
    in.bind(*this);
    out.bind(*this);
  }
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override {
    ++count_;
    if (!last_) {
      out->b_transport(payload, delay);
      return;
    }
    delay += sc_core::sc_time::from_value(1);
    *payload.get_data_ptr() = 0;
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }

 private:
  bool last_;
  std::uint64_t count_ = 0;
};

/// A client and so many hops behind it. One in a process, since SystemC elaborates once; it lives
/// as long as the process does, as SystemC's objects do.
class BareTransport {
 public:
  explicit BareTransport(unsigned hops) {
    for (unsigned i = 0; i <= hops; ++i) {
      chain_.emplace_back(sc_core::sc_gen_unique_name("hop"), i == hops);
    }
    for (unsigned i = 0; i <= hops; ++i) {  // a ring: the last one never passes on
      chain_[i].out.bind(chain_[(i + 1) % chain_.size()].in);
    }
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
  /// One transaction of `bytes`, at most 8.
  void transport(tlm::tlm_command command, unsigned bytes) {
    payload_.set_command(command);
    payload_.set_address(0x1000);
    payload_.set_data_ptr(data_.data());
    payload_.set_data_length(bytes);
    payload_.set_streaming_width(bytes);
    payload_.set_byte_enable_ptr(nullptr);
    payload_.set_byte_enable_length(0);
    payload_.set_dmi_allowed(false);
    payload_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    chain_.front().out->b_transport(payload_, delay_);
  }

 private:
  std::deque<Hop> chain_;
  std::array<unsigned char, 8> data_{};
  tlm::tlm_generic_payload payload_;
  sc_core::sc_time delay_;
};

}  // namespace kilburn
