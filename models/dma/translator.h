// What stands between a device's addresses and memory: tables in force, or an IOMMU.
#pragma once

#include <cstdint>
#include <optional>

#include "common/typed_address.h"
#include "common/types.h"
#include "dma/requester.h"
#include "mmu/mmu.h"

namespace kilburn::dma {

class Translator {
 public:
  virtual ~Translator() = default;
  /// The page of `at`, checked by the RMU, also where nothing is translated. May let other
  /// processes run.
  virtual mmu::Translated translate(const Requester& requester, IoVirtualAddress at, Access access,
                                    Cycles now) = 0;
  /// Of whom an invalidation must be to reach a transfer that has been translated; nothing: any
  /// reaches it.
  [[nodiscard]] virtual std::optional<Context> context() const { return std::nullopt; }
  /// Changes when answers have become void by other means than an invalidation.
  [[nodiscard]] virtual std::uint64_t generation() const { return 0; }
};

/// For whom a device accesses memory. With both stages bare its addresses are physical, and the RMU
/// is asked for each frame all the same.
struct DmaContext {
  mmu::Regime regime{};
  PrivilegeState privilege{};
};

/// A device whose context the platform gives it, with a first level of its own or shared.
class RegimeTranslator final : public Translator {
 public:
  RegimeTranslator(mmu::Mmu& mmu, const DmaContext& context) : mmu_(mmu), context_(context) {}
  /// From the next page on.
  void set(const DmaContext& context) { context_ = context; }

  mmu::Translated translate(const Requester& requester, IoVirtualAddress at, Access access,
                            Cycles now) override;
  [[nodiscard]] std::optional<Context> context() const override { return context_.regime.context; }

 private:
  mmu::Mmu& mmu_;
  DmaContext context_;
};

/// One page under `context`: what every translator ends in.
[[nodiscard]] mmu::Translated translate_page(mmu::Mmu& mmu, const DmaContext& context,
                                             IoVirtualAddress at, Access access, Cycles now);

}  // namespace kilburn::dma
