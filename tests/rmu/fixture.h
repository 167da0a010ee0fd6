// What the RMU's tests share: memory that tells of every access, clients that hold translations,
// and a small platform of 1024 granules.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/invalidation.h"
#include "rmu/rmu.h"

namespace kilburn::rmu::testing {

/// Every word 0 until written. `before` and `after` are called round each access, as if other
/// processes ran while it was on its way.
class TestMemory final : public MemoryPort {
 public:
  Cycles latency = 10;
  std::function<void()> before;
  std::function<void()> after;
  std::optional<Address> missing;  ///< no memory in this 64-byte line
  std::uint64_t line_reads = 0;
  std::uint64_t word_writes = 0;
  std::map<Address, std::uint64_t> words;

  MemoryReply read(Address address, Cycles) override {
    const Around around(*this);
    return {word(address), latency, present(address)};
  }
  LineReply read_line(Address address, Cycles) override {
    const Around around(*this);
    EXPECT_EQ(address % line_bytes, 0u);
    ++line_reads;
    LineReply reply{{}, latency, present(address)};
    for (unsigned i = 0; i < 8; ++i) reply.data[i] = word(address + 8 * i);
    return reply;
  }
  MemoryReply write(Address address, std::uint64_t value, Cycles) override {
    const Around around(*this);
    ++word_writes;
    if (present(address)) set(address, value);
    return {0, latency, present(address)};
  }
  MemoryReply compare_exchange(Address address, std::uint64_t expected, std::uint64_t desired,
                               Cycles) override {
    const Around around(*this);
    ++word_writes;
    const std::uint64_t held = word(address);
    if (present(address) && held == expected) set(address, desired);
    return {held, latency, present(address)};
  }

  [[nodiscard]] std::uint64_t word(Address address) const {
    const auto found = words.find(address);
    return found == words.end() ? 0 : found->second;
  }
  void set(Address address, std::uint64_t value) {
    EXPECT_EQ(address % 8, 0u);
    if (value == 0) {
      words.erase(address);  // so that maps compare as memory does
    } else {
      words[address] = value;
    }
  }

 private:
  struct Around {
    TestMemory& memory;
    explicit Around(TestMemory& m) : memory(m) {
      if (memory.before) memory.before();
    }
    ~Around() {
      if (memory.after) memory.after();
    }
    Around(const Around&) = delete;
    Around& operator=(const Around&) = delete;
  };
  [[nodiscard]] bool present(Address address) const {
    return !missing || address / line_bytes != *missing / line_bytes;
  }
};

/// A client that keeps what it was allowed: a hart's TLB, a NIC's, an SSD's look-up table. It keeps
/// translations of identity-mapped pages, as large as the verdict allows.
class Client final : public InvalidationHolder {
 public:
  enum class Answer { at_once, late, never };

  Client(std::string name, Rmu& rmu, std::uint16_t realm)
      : name_(std::move(name)), rmu_(rmu), realm_(realm) {}

  Answer answer = Answer::at_once;
  Cycles latency = 7;

  struct Use {
    bool allowed = false;
    bool hit = false;
  };
  Use access(PageNumber frame, Access kind = Access::load) {
    if (holds(frame)) return {true, true};
    const OwnershipReply reply = rmu_.check({frame, frame, kind, realm_, false}, 0);
    if (reply.allowed && !reply.transient) {
      held_.push_back({frame >> reply.order << reply.order, reply.order});
    }
    return {reply.allowed, false};
  }
  [[nodiscard]] bool holds(PageNumber frame) const {
    for (const Held& held : held_) {
      if ((frame ^ held.first) >> held.order == 0) return true;
    }
    return false;
  }
  [[nodiscard]] std::size_t translations() const { return held_.size(); }

  [[nodiscard]] std::string holder_name() const override { return name_; }
  void invalidate(const Invalidation& invalidation, InvalidationTicket ticket,
                  InvalidationBus& bus) override {
    if (answer == Answer::never) return;
    if (answer == Answer::late) {
      owed_ = {invalidation, ticket, &bus};
      return;
    }
    drop(invalidation);
    bus.acknowledge(ticket, latency);
  }
  /// What a late client does in the end.
  void settle() {
    if (!owed_) return;
    drop(owed_->invalidation);
    owed_->bus->acknowledge(owed_->ticket, latency);
    owed_.reset();
  }

 private:
  struct Held {
    PageNumber first;
    unsigned order;
  };
  struct Owed {
    Invalidation invalidation;
    InvalidationTicket ticket;
    InvalidationBus* bus;
  };
  void drop(const Invalidation& invalidation) {
    using Operation = Invalidation::Operation;
    std::erase_if(held_, [&](const Held& held) {
      if (invalidation.operation == Operation::by_realm)
        return invalidation.context.realm == realm_;
      EXPECT_EQ(invalidation.operation, Operation::by_frame);
      const PageNumber last = held.first + (PageNumber{1} << held.order) - 1;
      return held.first < invalidation.pfn + invalidation.pages && invalidation.pfn <= last;
    });
  }

  std::string name_;
  Rmu& rmu_;
  std::uint16_t realm_;
  std::vector<Held> held_;
  std::optional<Owed> owed_;
};

inline constexpr Address memory_base = 0x8000'0000;
inline constexpr PageNumber base_frame = memory_base >> page_shift;
inline constexpr Granule granules = 1024;

inline RmuConfig small_config() {
  RmuConfig config;
  config.memory_base = memory_base;
  config.memory_bytes = granules * page_bytes;
  config.realms = 8;
  return config;
}

/// Realms 1 to 3 exist. Granules are named by number, frames follow them.
class Bench {
 public:
  explicit Bench(const RmuConfig& chosen = small_config()) : config(chosen), rmu(chosen, memory) {
    for (std::uint32_t realm = 1; realm <= 3; ++realm) {
      EXPECT_EQ(issue({.code = CommandCode::create_realm, .realm = realm}).status, Status::ok);
    }
  }

  /// A time at which everything before has long ended: nothing waits for the table port.
  Cycles later() { return now_ += 10'000'000; }

  static Address address(Granule granule) { return memory_base + granule * page_bytes; }

  CommandResult issue(const Command& command) {
    ImmediateInvalidator invalidator(bus);
    return rmu.execute(command, later(), invalidator);
  }
  /// Commands by `issuer`, a realm.
  Status give(Granule granule, std::uint32_t realm, PageNumber mapped, std::uint16_t issuer = 0,
              unsigned order = 0, State state = State::valid) {
    return issue({.code = CommandCode::set_owner,
                  .target = address(granule),
                  .order = order,
                  .realm = realm,
                  .mapped = mapped,
                  .mapped_any = false,
                  .state = state,
                  .issuer = {issuer}})
        .status;
  }
  /// Identity-mapped granules of `realm`, so that a group of them can be fused.
  void give_run(Granule first, Granule count, std::uint32_t realm) {
    for (Granule granule = first; granule < first + count; ++granule) {
      ASSERT_EQ(give(granule, realm, base_frame + granule), Status::ok) << granule;
    }
  }
  Status on(CommandCode code, Granule granule, unsigned order, std::uint16_t issuer,
            Sharing sharing = Sharing::exclusive) {
    return issue({.code = code,
                  .target = address(granule),
                  .order = order,
                  .sharing = sharing,
                  .issuer = {issuer}})
        .status;
  }
  Status fuse(Granule granule, unsigned order, std::uint16_t issuer = 0) {
    return on(CommandCode::fuse, granule, order, issuer);
  }
  Status shatter(Granule granule, std::uint16_t issuer = 0) {
    return on(CommandCode::shatter, granule, 0, issuer);
  }
  OwnershipReply check(Granule granule, std::uint16_t realm, Access access = Access::load) {
    return check_from(granule, base_frame + granule, realm, access);
  }
  OwnershipReply check_from(Granule granule, PageNumber mapped, std::uint16_t realm,
                            Access access = Access::load) {
    return rmu.check({base_frame + granule, mapped, access, realm, false}, later());
  }
  [[nodiscard]] Address entry_address(Granule granule) const {
    return config.table_base + granule * RMU_ENTRY_BYTES;
  }
  [[nodiscard]] std::uint64_t denied(Denial reason) const {
    return rmu.statistics().denied(reason);
  }

  RmuConfig config;
  TestMemory memory;
  InvalidationBus bus;
  Rmu rmu;

 private:
  Cycles now_ = 0;
};

}  // namespace kilburn::rmu::testing
