// A translation service between tables in test memory and an ownership check that says what the
// test tells it to.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mmu/translation_service.h"
#include "page_table_walker/fixture.h"

namespace kilburn::mmu {

/// Answers by frame; a frame that `replies` does not name is allowed, writable, and one region of
/// its own. Remembers what it was asked.
class ScriptedOwnership final : public OwnershipCheck {
 public:
  struct Asked {
    OwnershipRequest request;
    Cycles now;
  };
  Cycles latency = 5;
  std::map<PageNumber, OwnershipReply> replies;
  std::function<void(const OwnershipRequest&)> during;  ///< when the verdict is on its way back
  std::vector<Asked> asked;                             ///< of frames that are not tables

  OwnershipReply check(const OwnershipRequest& request, Cycles now) override {
    if (!request.table) asked.push_back({request, now});
    const auto found = replies.find(request.frame);
    OwnershipReply reply = found == replies.end() ? OwnershipReply{} : found->second;
    reply.latency = latency;
    if (during && !request.table) during(request);
    return reply;
  }
};

/// Tells when memory was asked.
class TimedPort final : public MemoryPort {
 public:
  explicit TimedPort(MemoryPort& memory) : memory_(memory) {}
  std::vector<Cycles> times;

  MemoryReply read(Address address, Cycles now) override {
    times.push_back(now);
    return memory_.read(address, now);
  }
  LineReply read_line(Address address, Cycles now) override {
    times.push_back(now);
    return memory_.read_line(address, now);
  }
  MemoryReply write(Address address, std::uint64_t value, Cycles now) override {
    return memory_.write(address, value, now);
  }
  MemoryReply compare_exchange(Address address, std::uint64_t expected, std::uint64_t desired,
                               Cycles now) override {
    return memory_.compare_exchange(address, expected, desired, now);
  }

 private:
  MemoryPort& memory_;
};

/// The counters that `shown` declares, by name: "service.requests".
template <class Show>
std::map<std::string, std::uint64_t> counters_of(const Show& show) {
  struct Counters final : StatisticVisitor {
    std::vector<std::string> blocks;
    std::map<std::string, std::uint64_t> values;
    void enter(std::string_view block) override { blocks.emplace_back(block); }
    void leave() override { blocks.pop_back(); }
    void counter(std::string_view name, std::uint64_t value, std::string_view,
                 std::string_view) override {
      std::string path;
      for (const std::string& block : blocks) path += block + ".";
      values[path += name] = value;
    }
    void formula(std::string_view, double, std::string_view, std::string_view) override {}
    void histogram(std::string_view, const Histogram&, std::string_view,
                   std::string_view) override {}
  } counters;
  show(counters);
  return counters.values;
}

/// One process, eight pages of one line of PTEs mapped to frames that lie apart.
class ServiceTest : public testing::Test {
 protected:
  using Operation = Invalidation::Operation;
  static constexpr PageNumber line_page = 0x40200;
  static constexpr Cycles l2_cycles = 6;
  static constexpr std::uint64_t clean = test::urwx & ~pte::dirty;
  static PageNumber frame_of(PageNumber page) { return 0x3000 + 0x10 * (page - line_page); }

  ServiceTest() {
    host_.regime.context = {.asid = 1, .vmid = 2, .realm = 3};
    for (PageNumber i = 0; i < 8; ++i) {
      host_.tree.map(line_page + i, frame_of(line_page + i), test::urwx);
    }
    build({});
  }
  /// A service of its own, which holds nothing yet.
  void build(ServiceConfig config, bool with_rmu = true) {
    config.l2tlb.hit_cycles = l2_cycles;
    if (service_) bus_.remove(*service_);
    service_ =
        std::make_unique<TranslationService>(config, port_, with_rmu ? &ownership_ : nullptr);
    bus_.add(*service_);
  }
  [[nodiscard]] Request request(PageNumber page, Access access = Access::load) const {
    return {page << page_shift | 0x123, access, {}, host_.regime};
  }
  ServiceReply translate(PageNumber page, Access access = Access::load, Cycles now = 0) {
    return service_->translate(request(page, access), now);
  }
  /// True where the second level answers.
  bool held(PageNumber page, Access access = Access::load) {
    return translate(page, access).cost.walk == 0;
  }
  void invalidate(const Invalidation& invalidation) { bus_.end(bus_.begin(invalidation)); }
  [[nodiscard]] Invalidation by_va(PageNumber page) const {
    return {.operation = Operation::by_va, .vpn = page, .context = host_.regime.context};
  }
  [[nodiscard]] std::uint64_t counted(const std::string& name) const {
    return counters_of([this](StatisticVisitor& v) { service_->visit(v, PagingMode::sv39); })
        .at(name);
  }
  /// The neighbour of `reply` that is `page`, if it has come along.
  static std::optional<Translation> neighbour(const ServiceReply& reply, PageNumber page) {
    const auto beside = reply.beside();
    const auto found = std::ranges::find(beside, page, &Translation::vpn);
    return found == beside.end() ? std::nullopt : std::optional(*found);
  }

  page_table_walker::Host host_;
  ScriptedOwnership ownership_;
  TimedPort port_{host_.memory};
  InvalidationBus bus_;
  std::unique_ptr<TranslationService> service_;
};

}  // namespace kilburn::mmu
