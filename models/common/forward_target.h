// The forward interface of a target that answers blocking transports only, without the indirection
// of the convenience sockets: one virtual call a hop.
#pragma once

#include <tlm>

namespace kilburn {

/// A module derives from it, implements b_transport, and binds its tlm_target_socket to *this.
/// Non-blocking transport is refused with TLM_COMPLETED and a generic error: the platform is
/// loosely timed.
class ForwardTarget : public tlm::tlm_fw_transport_if<> {
 public:
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& /*phase*/,
                                     sc_core::sc_time& /*delay*/) override {
    payload.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
    return tlm::TLM_COMPLETED;
  }
  bool get_direct_mem_ptr(tlm::tlm_generic_payload& /*payload*/, tlm::tlm_dmi& /*dmi*/) override {
    return false;
  }
  unsigned transport_dbg(tlm::tlm_generic_payload& /*payload*/) override { return 0; }
};

/// The backward interface of an initiator that keeps no DMI and makes no non-blocking call.
class BackwardInitiator : public tlm::tlm_bw_transport_if<> {
 public:
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& /*payload*/,
                                     tlm::tlm_phase& /*phase*/,
                                     sc_core::sc_time& /*delay*/) override {
    return tlm::TLM_ACCEPTED;
  }
  void invalidate_direct_mem_ptr(sc_dt::uint64 /*first*/, sc_dt::uint64 /*last*/) override {}
};

}  // namespace kilburn
