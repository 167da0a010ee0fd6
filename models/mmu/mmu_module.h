// A client's MMU on the bus: untranslated accesses come in, translated ones go out to its caches.
#pragma once

#include <functional>

#include <systemc>
#include <tlm>

#include "common/clock.h"
#include "common/forward_target.h"
#include "mmu/mmu.h"
#include "mmu/translation_extension.h"

namespace kilburn::mmu {

/// Each payload carries a TranslationExtension with a regime; without one it is answered with
/// TLM_GENERIC_ERROR_RESPONSE, and a SystemC warning "kilburn/requester" names its initiator. An
/// access that crosses a page is two accesses; nothing is performed where either faults. Time: the
/// service's cost on a first-level miss, then what the caches take.
class MmuModule final : public sc_core::sc_module, public ForwardTarget, public BackwardInitiator {
 public:
  tlm::tlm_target_socket<> client{"client"};
  tlm::tlm_initiator_socket<> fetch{"fetch"};
  tlm::tlm_initiator_socket<> data{"data"};

  MmuModule(const sc_core::sc_module_name& name, Mmu& mmu, Clock clock);

  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override;

  /// Called with every translation that an access uses, first-level hits included: for checks.
  using Observer = std::function<void(const Request&, const Translation&)>;
  void observe(Observer observer) { observer_ = std::move(observer); }

 private:
  /// The translation for one page, in `extension.reply`; false on a fault.
  bool translate(const Request& request, TranslationExtension& extension, sc_core::sc_time& delay);
  void forward(tlm::tlm_generic_payload& payload, Address physical, Access access,
               sc_core::sc_time& delay);
  void cross_page(tlm::tlm_generic_payload& payload, TranslationExtension& extension,
                  sc_core::sc_time& delay);

  Mmu& mmu_;
  Clock clock_;
  Observer observer_;
};

}  // namespace kilburn::mmu
