// What stands between a device's addresses and memory: tables in force, or an IOMMU.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "common/invalidation.h"
#include "common/typed_address.h"
#include "common/types.h"
#include "dma/requester.h"
#include "mmu/mmu.h"

namespace kilburn::dma {

/// A page as a device's access meets it.
struct DmaPage : mmu::Translated {
  DmaPage() = default;
  DmaPage(const mmu::Translated& page)  // NOLINT(google-explicit-constructor): a page like others
      : Translated(page) {}
  /// No memory lies there: what is written is handed to `Translator::deliver`.
  bool message = false;
};

/// What became of a write that is a message.
struct Delivery {
  Fault fault = Fault::none;
  Cycles latency = 0;
};

class Translator {
 public:
  virtual ~Translator() = default;
  /// The page of `at`, checked by the RMU, also where nothing is translated. May let other
  /// processes run.
  virtual DmaPage translate(const Requester& requester, IoVirtualAddress at, Access access,
                            Cycles now) = 0;
  /// Of whom an invalidation must be to reach a transfer that has been translated; nothing: any
  /// reaches it.
  [[nodiscard]] virtual std::optional<Context> context() const { return std::nullopt; }
  /// Bytes written to a page that is a message's.
  virtual Delivery deliver(const Requester& /*requester*/, IoVirtualAddress /*at*/,
                           std::span<const std::byte> /*bytes*/, Cycles /*now*/) {
    return {.fault = Fault::access_fault};
  }
  /// False: the invalidation does not concern a translated transfer, though `context` cannot say
  /// so.
  [[nodiscard]] virtual bool concerns(const Invalidation& /*invalidation*/) const { return true; }
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

  DmaPage translate(const Requester& requester, IoVirtualAddress at, Access access,
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
