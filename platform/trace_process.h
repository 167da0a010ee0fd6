// A process that a trace was recorded from: its reader, its address spaces, its place in them.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "common/retirement.h"
#include "memory/storage.h"
#include "mmu/translation_service.h"
#include "platform/platform_config.h"
#include "rmu/rmu.h"
#include "trace/trace.h"
#include "trace_os/address_space.h"
#include "trace_os/scheduler.h"

namespace kilburn::platform {

/// What the operating system behind the traces has of the platform: memory, the RMU, retirement.
class OsServices {
 public:
  OsServices(const PlatformConfig& config, memory::Storage& storage, rmu::Rmu& rmu,
             Retirer& retirer)
      : config_(config), storage_(storage), rmu_(rmu), retirer_(retirer) {}

  /// A new address space with an arena and, by configuration, a realm of its own.
  std::unique_ptr<trace_os::AddressSpace> make_space(std::uint32_t process, std::uint16_t asid);

  /// Time is kept here while the system works: it begins at `now`, and each RMU command and each
  /// retirement starts when the one before it has ended.
  void begin(Cycles now) { now_ = now; }
  void advance(Cycles cycles) { now_ += cycles; }
  [[nodiscard]] Cycles now() const { return now_; }
  /// Broadcasts, waits for all holders, and throws std::runtime_error naming one that is silent.
  void retire(const Retirement& retirement);
  /// Gives mapped frames of [vpn, vpn + pages) to `realm`.
  void change_owner(const trace_os::AddressSpace& space, PageNumber vpn, PageNumber pages,
                    std::uint16_t realm);

 private:
  void own_frames(Context context, const trace_os::FrameEvent& event);
  void fuse_block(Address address, PageNumber frames, rmu::Issuer issuer);
  void execute(const rmu::Command& command, std::string_view what);
  void ensure_realm(std::uint16_t realm);

  const PlatformConfig& config_;
  memory::Storage& storage_;
  rmu::Rmu& rmu_;
  Retirer& retirer_;
  Cycles now_ = 0;
  PageNumber arenas_ = 0;
  std::vector<bool> realms_;
};

class TraceProcess {
 public:
  TraceProcess(std::uint32_t number, std::filesystem::path path, const PlatformConfig& config)
      : number_(number),
        path_(std::move(path)),
        reader_(trace::open_trace(path_)),
        mode_(config.os.paging_mode()),
        clock_(config.os.policy) {}

  /// Makes the first address space. Called once the simulation runs.
  void start(OsServices& services) { switch_space(services, 0); }
  /// Reads the trace once, up to `limit` accesses, and maps what it touches in the order of its
  /// touches, as it is in a process that has run for a while. Then begins anew. Ends early where
  /// `interrupt` is raised.
  void premap(OsServices& services, std::uint64_t limit, const std::atomic<bool>* interrupt);
  /// Goes on in the address space that the trace calls `asid`.
  void switch_space(OsServices& services, std::uint16_t asid);

  /// The next record, or null at the end. The record's events are in `event`.
  [[nodiscard]] const trace::Record* next() {
    if (at_ == batch_.records.size() && !refill()) return nullptr;
    return &batch_.records[at_++];
  }
  [[nodiscard]] const trace::Event& event(const trace::Record& record) const {
    return batch_.events[record.event];
  }
  /// InputError for an address that no page can be mapped at.
  [[noreturn]] void throw_unmappable(Address va, trace_os::Outcome outcome) const;
  [[nodiscard]] std::uint64_t position() const { return first_record_ + at_; }

  [[nodiscard]] trace_os::AddressSpace& space() { return *space_; }
  [[nodiscard]] const mmu::Regime& regime() const { return regime_; }
  [[nodiscard]] trace_os::EventClock& events() { return clock_; }
  [[nodiscard]] const trace::Description& description() const { return reader_->description(); }
  [[nodiscard]] const std::map<std::uint16_t, std::unique_ptr<trace_os::AddressSpace>>& spaces()
      const {
    return spaces_;
  }
  [[nodiscard]] PagingMode mode() const { return mode_; }

 private:
  bool refill();
  void map_page(Address va, Access access);
  void touch(const trace::Record& record);

  std::uint32_t number_;
  std::filesystem::path path_;
  std::unique_ptr<trace::Reader> reader_;
  PagingMode mode_;
  trace_os::EventClock clock_;
  trace::Batch batch_{};
  std::size_t at_ = 0;
  std::uint64_t first_record_ = 0;
  std::map<std::uint16_t, std::unique_ptr<trace_os::AddressSpace>> spaces_;
  trace_os::AddressSpace* space_ = nullptr;
  mmu::Regime regime_{};
  std::array<std::uint64_t, 1024> touched_{};  ///< premap: pages seen lately, by low bits
};

}  // namespace kilburn::platform
