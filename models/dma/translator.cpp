#include "dma/translator.h"

namespace kilburn::dma {

mmu::Translated translate_page(mmu::Mmu& mmu, const DmaContext& context, IoVirtualAddress at,
                               Access access, Cycles now) {
  const mmu::Regime& regime = context.regime;
  if (regime.stage1 != PagingMode::bare || regime.guest_stage != PagingMode::bare) {
    return mmu.translate({at.value(), access, context.privilege, regime}, [now] { return now; });
  }
  const mmu::UntranslatedAccess request{
      .frame = page_of(at), .access = access, .realm = regime.context.realm};
  mmu::Translated page{.translation = {.vpn = page_of(at), .pfn = page_of(at)}, .hit = true};
  if (mmu.verdict(request) != nullptr) return page;
  const OwnershipReply reply = mmu.check(request, now);
  page.hit = false;
  page.cost.ownership = reply.latency;
  if (!reply.allowed) page.fault = Fault::access_fault;
  return page;
}

DmaPage RegimeTranslator::translate(const Requester& /*requester*/, IoVirtualAddress at,
                                    Access access, Cycles now) {
  return translate_page(mmu_, context_, at, access, now);
}

}  // namespace kilburn::dma
