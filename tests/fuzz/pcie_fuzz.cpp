// Any accesses to two functions behind a host bridge: configuration space, BARs, MSI-X, with power
// states and resets. What must hold: a read changes nothing; read-only bits stay; a BAR answers
// where its register says, and nothing else does; a function that is no bus master, or sleeps,
// sends nothing; a message that pends is sent once.
#include <array>
#include <optional>
#include <vector>

#include "bytes.h"
#include "common/interrupt_line.h"
#include "pcie/fixture.h"
#include "pcie/host_bridge.h"

namespace kilburn::fuzz {
namespace {

using namespace pcie;

void require(bool holds) {
  if (!holds) __builtin_trap();
}

struct Touched {
  unsigned function = 0;
  BarPlace place{};
};

class NoLines final : public InterruptSink {
 public:
  void set(unsigned, bool) override {}
};

/// What MSI-X should be: it follows chapter 6.1.4 and knows nothing of the model.
struct PlainMsix {
  static constexpr unsigned vectors = 4;
  bool enabled = false;
  bool masked = false;
  std::array<std::array<std::uint32_t, 4>, vectors> table{};
  std::array<bool, vectors> pending{};
  std::uint64_t sent = 0;

  void clear() {
    enabled = masked = false;
    pending = {};
    for (auto& entry : table) entry = {0, 0, 0, 1};
  }
  void go_on() {
    for (unsigned i = 0; i < vectors; ++i) {
      if (!enabled || masked || (table[i][3] & 1) != 0 || !pending[i]) continue;
      pending[i] = false;
      ++sent;
    }
  }
};

class Probe;

class CheckedLink final : public Link {
 public:
  const Probe* of = nullptr;
  Completion request(const Request& request, Cycles now) override;
  void set_intx(unsigned pin, bool level) override { pins[pin - 1] = level; }
  std::array<bool, 4> pins{};
};

/// BAR 0: 4 KiB, of 64 bits; BAR 2: 16 bytes; BAR 3: MSI-X.
class Probe final : public Function {
 public:
  Probe(CheckedLink& link, unsigned number, std::vector<Touched>& touched)
      : Function(TestFunction::shape(), link, RoutingId::of(3, number)),
        number_(number),
        touched_(touched) {
    link.of = this;
    plain.clear();
  }
  using Function::dma;
  using Function::raise;
  using Function::set_pin;

  PlainMsix plain;
  bool was_reset = false;
  [[nodiscard]] bool may_ask() const {
    return (config_read(PCIE_COMMAND, 2) & PCIE_COMMAND_MASTER) != 0 && awake();
  }
  [[nodiscard]] bool awake() const {
    const unsigned power = capability(*this, PCIE_CAPABILITY_POWER);
    return (config_read(power + PCIE_POWER_CONTROL, 2) & PCIE_POWER_STATE_MASK) == 0;
  }
  /// By the registers alone; of BARs that overlap the first.
  [[nodiscard]] std::optional<BarPlace> claims(Address address, unsigned length) const {
    if ((config_read(PCIE_COMMAND, 2) & PCIE_COMMAND_MEMORY) == 0 || !awake()) return std::nullopt;
    const Address first =
        (config_read(PCIE_BAR0, 4) & 0xFFFFFFF0u) | Address{config_read(PCIE_BAR0 + 4, 4)} << 32;
    const Address bases[] = {first, 0, config_read(PCIE_BAR0 + 8, 4),
                             config_read(PCIE_BAR0 + 12, 4)};
    const std::uint64_t bytes[] = {0x1000, 0, 16, 0x1000};
    for (unsigned bar = 0; bar < 4; ++bar) {
      const Address base = bases[bar];
      if (bytes[bar] == 0 || base == 0 || address < base) continue;
      if (address - base <= bytes[bar] - length) return BarPlace{bar, address - base};
    }
    return std::nullopt;
  }

 protected:
  std::uint64_t bar_read(BarPlace place, unsigned, Cycles) override {
    touched_.push_back({number_, place});
    return 0x0123'4567'89AB'CDEF;
  }
  void bar_write(BarPlace place, unsigned, std::uint64_t, Cycles) override {
    touched_.push_back({number_, place});
  }
  void reset(Cycles) override { was_reset = true; }

 private:
  unsigned number_;
  std::vector<Touched>& touched_;
};

Completion CheckedLink::request(const Request& request, Cycles) {
  require(of->may_ask());
  require(request.requester == of->id());
  return {.latency = 1};
}

/// Bits of each byte that software may change, by the header and the capabilities.
class Writable {
 public:
  explicit Writable(const Function& function) {
    allow(PCIE_COMMAND, 2, 0x0547);
    allow(PCIE_STATUS, 2, 0xF908);  // cleared by writing one, or set by events
    allow(PCIE_CACHE_LINE, 1, 0xFF);
    allow(PCIE_INTERRUPT_LINE, 1, 0xFF);
    allow(PCIE_BAR0, 4, 0xFFFFF000);
    allow(PCIE_BAR0 + 4, 4, 0xFFFFFFFF);
    allow(PCIE_BAR0 + 8, 4, 0xFFFFFFF0);
    allow(PCIE_BAR0 + 12, 4, 0xFFFFF000);
    allow(capability(function, PCIE_CAPABILITY_POWER) + PCIE_POWER_CONTROL, 2, 3);
    const unsigned express = capability(function, PCIE_CAPABILITY_EXPRESS);
    allow(express + PCIE_EXPRESS_DEVICE_CONTROL, 2, 0x7FFF);
    allow(express + PCIE_EXPRESS_DEVICE_STATUS, 2, 0x000F);
    allow(capability(function, PCIE_CAPABILITY_MSIX) + PCIE_MSIX_CONTROL, 2, 0xC000);
    allow(extended_capability(function, PCIE_EXTENDED_ATS) + PCIE_ATS_CONTROL, 2, 0x801F);
    allow(extended_capability(function, PCIE_EXTENDED_PASID) + PCIE_PASID_CONTROL, 2, 0x7);
  }
  [[nodiscard]] std::uint32_t word(unsigned offset) const { return words_[offset / 4]; }

 private:
  void allow(unsigned offset, unsigned length, std::uint32_t mask) {
    (void)length;  // a register lies in one word
    words_[offset / 4] |= mask << 8 * (offset % 4);
  }
  std::array<std::uint32_t, PCIE_CONFIG_BYTES / 4> words_{};
};

/// Where something is; the rest is looked at once, at the end.
constexpr unsigned used_bytes = 0x140;
using Space = std::array<std::uint32_t, PCIE_CONFIG_BYTES / 4>;
Space space_of(const Function& function, unsigned bytes = used_bytes) {
  Space space{};
  for (unsigned i = 0; i < bytes / 4; ++i) space[i] = function.config_read(4 * i, 4);
  return space;
}

class Slot {
 public:
  Slot() {
    for (Probe& probe : probes_) bridge_.add(probe);
    for (unsigned i = 0; i < 2; ++i) {
      first_[i] = space_of(probes_[i], PCIE_CONFIG_BYTES);
      writable_.emplace_back(probes_[i]);
    }
  }

  void step(Bytes& bytes) {
    const auto what = bytes.take<std::uint8_t>();
    const unsigned length = 1u << (what >> 3 & 3);
    Probe& probe = probes_[what >> 5 & 1];
    switch (what & 7) {
      case 0:
        config_read(bytes, length);
        break;
      case 1:
      case 2:
        config_write(probe, bytes, length);
        break;
      case 3:
        memory_read(address(probe, bytes, length), length);
        break;
      case 4:
        memory_write(address(probe, bytes, length), length, bytes.take<std::uint64_t>());
        break;
      case 5:
        raise(probe, bytes.take<std::uint8_t>() % 6);
        break;
      case 6:
        request(probe, what, bytes);
        break;
      default:
        probe.set_pin((what & 0x40) != 0);
        break;
    }
    for (unsigned i = 0; i < 2; ++i) {
      check_space(i, used_bytes);
      check(i);
    }
  }
  void finish() const {
    for (unsigned i = 0; i < 2; ++i) check_space(i, PCIE_CONFIG_BYTES);
  }

 private:
  void config_read(Bytes& bytes, unsigned length) {
    const Space before[] = {space_of(probes_[0]), space_of(probes_[1])};
    const std::uint64_t offset = bytes.take<std::uint32_t>() & ~std::uint64_t{length - 1};
    const std::uint64_t value = bridge_.config_read(offset, length);
    require(length == 8 || value >> 8 * length == 0);
    for (unsigned i = 0; i < 2; ++i) require(before[i] == space_of(probes_[i]));
    const std::uint64_t own = RoutingId::of(3, 0).value;
    if (offset >> PCIE_ECAM_FUNCTION_SHIFT == own && length == 4 &&
        offset % PCIE_CONFIG_BYTES < used_bytes) {
      require(value == before[0][offset % PCIE_CONFIG_BYTES / 4]);
    }
  }
  void config_write(Probe& probe, Bytes& bytes, unsigned length) {
    const auto place = bytes.take<std::uint16_t>();
    // Mostly where something is.
    const unsigned within = (place & 0x8000) != 0 ? place % PCIE_CONFIG_BYTES : place % 0x140;
    const unsigned offset = within & ~(length - 1);
    const auto value = bytes.take<std::uint64_t>();
    const auto ecam = std::uint64_t{probe.id().value} << PCIE_ECAM_FUNCTION_SHIFT;
    bridge_.config_write(ecam + offset, length, value, 0);
    follow(probe);
  }
  /// What the write has done to MSI-X.
  static void follow(Probe& probe) {
    if (probe.was_reset) probe.plain.clear();
    probe.was_reset = false;
    const unsigned at = capability(probe, PCIE_CAPABILITY_MSIX);
    const std::uint32_t control = probe.config_read(at + PCIE_MSIX_CONTROL, 2);
    probe.plain.enabled = (control & PCIE_MSIX_ENABLE) != 0;
    probe.plain.masked = (control & PCIE_MSIX_MASK_ALL) != 0;
    probe.plain.go_on();
  }

  /// In a BAR, or at its edges, or anywhere.
  static Address address(const Probe& probe, Bytes& bytes, unsigned length) {
    const auto which = bytes.take<std::uint8_t>();
    const auto offset = bytes.take<std::uint16_t>();
    Address base = 0;
    switch (which % 4) {
      case 0:
        base = (probe.config_read(PCIE_BAR0, 4) & 0xFFFFFFF0u) |
               Address{probe.config_read(PCIE_BAR0 + 4, 4)} << 32;
        break;
      case 1:
        base = probe.config_read(PCIE_BAR0 + 8, 4);
        break;
      case 2:
        base = probe.config_read(PCIE_BAR0 + 12, 4);
        break;
      default:
        base = bytes.take<std::uint64_t>();
        break;
    }
    return (base + (offset & 0x1FFF) - 16) & ~Address{length - 1};
  }
  struct Claim {
    Probe* probe = nullptr;
    BarPlace place{};
    [[nodiscard]] bool is_msix() const {
      return place.bar == 3 &&
             (place.offset < 64 || (place.offset >= 0x800 && place.offset < 0x808));
    }
  };
  Claim claim(Address at, unsigned length) {
    for (Probe& probe : probes_) {
      if (const auto place = probe.claims(at, length)) return {&probe, *place};
    }
    return {};
  }
  void touched(const Claim& expected) {
    const bool behind = expected.probe != nullptr && !expected.is_msix();
    require(touched_.size() == (behind ? 1u : 0u));
    if (!behind) return;
    require(expected.probe == &probes_[touched_[0].function]);
    require(touched_[0].place.bar == expected.place.bar);
    require(touched_[0].place.offset == expected.place.offset);
  }
  void memory_read(Address at, unsigned length) {
    const Claim expected = claim(at, length);
    const Space before[] = {space_of(probes_[0]), space_of(probes_[1])};
    const std::uint64_t value = bridge_.memory_read(at, length, 0);
    for (unsigned i = 0; i < 2; ++i) require(before[i] == space_of(probes_[i]));
    touched(expected);
    touched_.clear();
    if (expected.probe == nullptr) {
      require(value == (length == 8 ? UINT64_MAX : (std::uint64_t{1} << 8 * length) - 1));
    }
  }
  void memory_write(Address at, unsigned length, std::uint64_t value) {
    const Claim expected = claim(at, length);
    bridge_.memory_write(at, length, value, 0);
    touched(expected);
    touched_.clear();
    if (expected.probe == nullptr || expected.place.bar != 3 || expected.place.offset >= 64) return;
    if (length < 4) return;
    PlainMsix& plain = expected.probe->plain;
    for (unsigned i = 0; i < length / 4; ++i) {
      const auto word = static_cast<unsigned>(expected.place.offset / 4 + i);
      const auto given = static_cast<std::uint32_t>(value >> 32 * i);
      const std::uint32_t masks[] = {~3u, ~0u, ~0u, 1u};
      plain.table[word / 4][word % 4] = given & masks[word % 4];
      plain.go_on();
    }
  }
  static void raise(Probe& probe, unsigned vector) {
    probe.raise(vector, 0);
    if (!probe.plain.enabled || vector >= PlainMsix::vectors) return;
    probe.plain.pending[vector] = true;
    probe.plain.go_on();
  }
  static void request(Probe& probe, std::uint8_t what, Bytes& bytes) {
    std::array<std::byte, 8> data{};
    Request request{.type = static_cast<AddressType>((what >> 3) % 3),
                    .address = IoVirtualAddress(bytes.take<std::uint64_t>()),
                    .write = (what & 0x40) != 0,
                    .data = data};
    if ((what & 0x80) != 0) request.pasid = Pasid{.number = bytes.take<std::uint16_t>()};
    const bool may = probe.may_ask();
    require(!probe.dma(request, 0).ok() || may);
  }

  void check_space(unsigned i, unsigned bytes) const {
    for (unsigned offset = 0; offset < bytes; offset += 4) {
      const std::uint32_t changed = probes_[i].config_read(offset, 4) ^ first_[i][offset / 4];
      require((changed & ~writable_[i].word(offset)) == 0);
    }
  }
  void check(unsigned i) {
    Probe& probe = probes_[i];
    const unsigned power =
        probe.config_read(capability(probe, PCIE_CAPABILITY_POWER) + PCIE_POWER_CONTROL, 2) &
        PCIE_POWER_STATE_MASK;
    require(power == 0 || power == 3);
    const PlainMsix& plain = probe.plain;
    require(probe.statistics().messages + probe.statistics().lost_messages == plain.sent);
    std::uint64_t pending = 0;
    for (unsigned v = 0; v < PlainMsix::vectors; ++v)
      pending |= std::uint64_t{plain.pending[v]} << v;
    require(probe.read({3, 0x800}, 8, 0) == pending);
    for (unsigned v = 0; v < PlainMsix::vectors; ++v) {
      for (unsigned word = 0; word < 4; ++word) {
        const std::uint64_t offset = 16 * std::uint64_t{v} + 4 * std::uint64_t{word};
        require(probe.read({3, offset}, 4, 0) == plain.table[v][word]);
      }
    }
    // Neither pin nor wire while messages are on, or while it is asleep.
    const bool quiet = plain.enabled || !probe.awake() ||
                       (probe.config_read(PCIE_COMMAND, 2) & PCIE_COMMAND_INTX_OFF) != 0;
    for (const bool up : links_[i].pins) require(!up || !quiet);
  }

  NoLines sink_;
  std::vector<Touched> touched_;
  std::array<CheckedLink, 2> links_;
  std::array<Probe, 2> probes_{Probe{links_[0], 0, touched_}, Probe{links_[1], 1, touched_}};
  HostBridge bridge_{{{sink_, 0}, {sink_, 1}, {sink_, 2}, {sink_, 3}}};
  std::array<Space, 2> first_{};
  std::vector<Writable> writable_;
};

}  // namespace
}  // namespace kilburn::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  kilburn::fuzz::Bytes bytes(data, size);
  kilburn::fuzz::Slot slot;
  for (unsigned steps = 0; !bytes.empty() && steps < 400; ++steps) slot.step(bytes);
  slot.finish();
  return 0;
}
