// The translation service on the bus: its walker reads page tables through a socket.
#pragma once

#include <systemc>
#include <tlm>

#include "common/clock.h"
#include "common/tlm_memory_port.h"
#include "mmu/translation_service.h"

namespace kilburn::mmu {

/// Time: the walker's reads are blocking transports whose annotated delay becomes their latency.
class TranslationServiceModule final : public sc_core::sc_module {
 public:
  TlmMemoryPort tables;  ///< bind `tables.socket` to the level that page tables are read from

  TranslationServiceModule(const sc_core::sc_module_name& name, const ServiceConfig& config,
                           OwnershipCheck* ownership, Clock clock)
      : sc_module(name), tables("tables", clock), service_(config, tables, ownership) {}

  [[nodiscard]] TranslationService& service() { return service_; }
  [[nodiscard]] const TranslationService& service() const { return service_; }

 private:
  TranslationService service_;
};

}  // namespace kilburn::mmu
