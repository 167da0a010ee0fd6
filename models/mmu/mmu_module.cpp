#include "mmu/mmu_module.h"

#include <string>

#include "common/initiator_name.h"

namespace kilburn::mmu {

namespace {

constexpr Address offset_mask = page_bytes - 1;

Address physical_of(Address va, const Translation& translation) {
  return translation.pfn << page_shift | (va & offset_mask);
}

Cost operator+(const Cost& a, const Cost& b) {
  return {a.l2_tlb + b.l2_tlb, a.walk + b.walk, a.ownership + b.ownership};
}

}  // namespace

MmuModule::MmuModule(const sc_core::sc_module_name& name, Mmu& mmu, Clock clock)
    : sc_module(name), mmu_(mmu), clock_(clock) {
  client.bind(*this);
  fetch.bind(*this);
  data.bind(*this);
}

void MmuModule::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  auto* extension = payload.get_extension<TranslationExtension>();
  if (extension == nullptr || extension->regime == nullptr) {
    const std::string message = std::string(name()) + ": access refused: its payload, from " +
                                initiator_of(client) + ", has no TranslationExtension" +
                                (extension == nullptr ? "" : " with a regime");
    SC_REPORT_WARNING("kilburn/requester", message.c_str());
    payload.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
    return;
  }
  const Address va = payload.get_address();
  if ((va & offset_mask) + payload.get_data_length() > page_bytes) {
    cross_page(payload, *extension, delay);
    return;
  }
  const Request request{va, extension->access, extension->privilege, *extension->regime};
  if (!translate(request, *extension, delay)) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  if (extension->translate_only) {
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
    return;
  }
  forward(payload, physical_of(va, extension->reply.translation), extension->access, delay);
}

bool MmuModule::translate(const Request& request, TranslationExtension& extension,
                          sc_core::sc_time& delay) {
  TranslationExtension::Reply& reply = extension.reply;
  return mmu_.translate(
      request, [&] { return clock_.now(delay); },
      [&](const Mmu::Unit& unit) {
        reply.fault = Fault::none;
        if (!reply.first_level_hit) reply.cost = {};  // of what the reply was used for before
        reply.first_level_hit = true;
        // Field by field: a copy of the whole would wait for the stores to its parts.
        reply.translation.vpn = request.va >> page_shift;
        reply.translation.pfn = unit.pfn();
        reply.translation.order = unit.order();
        reply.translation.permissions = unit.permissions();
        reply.translation.attributes = unit.attributes();
        reply.translation.verdict_order = 0;
        if (observer_) observer_(request, reply.translation);
        return true;
      },
      [&](const Translated& page) {
        delay += clock_.cycles(page.cost.total());
        reply = {.fault = page.fault,
                 .fault_address = page.fault_address,
                 .translation = page.translation,
                 .first_level_hit = page.hit,
                 .cost = page.cost};
        if (page.fault != Fault::none) return false;
        if (observer_) observer_(request, reply.translation);
        return true;
      });
}

void MmuModule::forward(tlm::tlm_generic_payload& payload, Address physical, Access access,
                        sc_core::sc_time& delay) {
  const Address va = payload.get_address();
  payload.set_address(physical);
  (access == Access::fetch ? fetch : data)->b_transport(payload, delay);
  payload.set_address(va);
}

void MmuModule::cross_page(tlm::tlm_generic_payload& payload, TranslationExtension& extension,
                           sc_core::sc_time& delay) {
  const Address va = payload.get_address();
  unsigned char* const bytes = payload.get_data_ptr();
  const unsigned length = payload.get_data_length();
  const auto first_length = static_cast<unsigned>(page_bytes - (va & offset_mask));
  if (length - first_length > page_bytes || extension.translate_only ||
      payload.get_byte_enable_ptr() != nullptr) {
    payload.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
    return;
  }
  const Request first{va, extension.access, extension.privilege, *extension.regime};
  const Request second{va + first_length, extension.access, extension.privilege, *extension.regime};
  if (!translate(first, extension, delay)) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  const TranslationExtension::Reply first_reply = extension.reply;
  const bool ok = translate(second, extension, delay);
  TranslationExtension::Reply& reply = extension.reply;
  reply.cost = first_reply.cost + reply.cost;
  reply.first_level_hit = first_reply.first_level_hit && reply.first_level_hit;
  if (!ok) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }

  payload.set_data_length(first_length);
  payload.set_streaming_width(first_length);
  forward(payload, physical_of(first.va, first_reply.translation), first.access, delay);
  if (payload.is_response_ok()) {
    payload.set_address(second.va);
    payload.set_data_ptr(bytes + first_length);
    payload.set_data_length(length - first_length);
    payload.set_streaming_width(length - first_length);
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    forward(payload, physical_of(second.va, reply.translation), second.access, delay);
  }
  payload.set_address(va);
  payload.set_data_ptr(bytes);
  payload.set_data_length(length);
  payload.set_streaming_width(length);
}

}  // namespace kilburn::mmu
