// The flash translation layer of a drive: namespaces that are resized live, over NAND flash.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ftl/collector.h"
#include "ftl/core.h"
#include "ftl/journal.h"
#include "ftl/media.h"
#include "ftl/requests.h"

namespace kilburn::ftl {

/// Bytes of spare that a page of that geometry needs: for the array's construction.
[[nodiscard]] std::uint32_t spare_bytes(const nand::Geometry& geometry);

/// Modelled: the namespace table and V2P, resize in steps while requests are served, a volatile
/// write buffer, striping, garbage collection, wear levelling, bad blocks, journal, checkpoints and
/// recovery. A namespace is read and written in units of 4 KiB, each of them whole or not at all
/// when power is lost. Not modelled: the time that a recovery, a removal and the tables' memory
/// take; a failed program's data wait for nothing before they go elsewhere. Time: nanoseconds; a
/// request ends `controller_ns` after the last thing that it waits for. Errors: by status.
class Ftl final : public Media, private nand::OperationSink {
 public:
  /// Recovers what the array holds; a new one is made ready. The array outlives it. Throws
  /// InputError where the array holds a drive that cannot be understood, or one of another
  /// capacity.
  Ftl(const FtlConfig& config, const nand::TimingConfig& timing, nand::Array& array);

  void submit(const Request& request, Nanoseconds now) override;
  [[nodiscard]] Nanoseconds next_event() const override;
  void advance(Nanoseconds now, MediaSink& sink) override;
  [[nodiscard]] bool cancel(std::uint64_t tag) override;

  void resize(NamespaceId space, std::uint64_t sectors, std::uint64_t tag,
              Nanoseconds now) override;
  [[nodiscard]] Created create(std::uint64_t sectors, Attributes attributes,
                               Nanoseconds now) override;
  [[nodiscard]] MediaStatus remove(NamespaceId space, Nanoseconds now) override;
  [[nodiscard]] MediaStatus format(NamespaceId space, Attributes attributes,
                                   Nanoseconds now) override;
  [[nodiscard]] MediaStatus set_attributes(NamespaceId space, Attributes attributes,
                                           Nanoseconds now) override;

  [[nodiscard]] std::optional<NamespaceInfo> info(NamespaceId space) const override;
  [[nodiscard]] std::vector<NamespaceId> namespaces() const override;
  [[nodiscard]] unsigned most_namespaces() const override { return Identity::last_space; }
  [[nodiscard]] std::uint64_t capacity() const override;
  [[nodiscard]] std::uint64_t unallocated() const override;
  void set_write_cache(bool on) override;
  [[nodiscard]] MediaHealth health() const override;

  /// Every invariant of tables and array that does not hold, in a sentence each.
  [[nodiscard]] std::vector<std::string> check() const;
  /// So that the next start has nothing to replay. Nothing may be under way.
  bool checkpoint();
  [[nodiscard]] FtlStatistics statistics() const;
  [[nodiscard]] nand::TimingStatistics timing_statistics() const {
    return core_.timing.statistics();
  }
  /// Tables and pools, for the checker's tests and for tools that show them.
  [[nodiscard]] Core& core() { return core_; }
  [[nodiscard]] const Core& core() const { return core_; }

 private:
  // ftl.cpp: time, reads, ends.
  void finished(std::uint32_t user, Nanoseconds when) override;
  void run(Nanoseconds now);
  void refuse(std::uint32_t index, MediaStatus status, Sector failed);
  /// One thing that it waited for is done.
  void release(std::uint32_t index);
  void end(std::uint32_t index) {
    requests_.push_end(index, core_.now + core_.config.controller_ns);
  }
  [[nodiscard]] MediaStatus check_range(const PendingRequest& request, Sector& failed) const;
  void start_read(std::uint32_t index);
  void check_mapped(std::uint32_t index);
  void deliver(const Requests::End& end, MediaSink& sink);
  void read_out(std::uint32_t index, MediaSink& sink);
  [[nodiscard]] std::span<const std::byte> unit_bytes_of(NamespaceId space, Unit unit,
                                                         bool& readable);
  void count_lookups(std::uint64_t units);

  // ftl_write.cpp: buffer, programs, flushes.
  void start_write(std::uint32_t index, std::span<const std::byte> data);
  /// Everything that the buffer takes. False: it is full.
  bool admit(std::uint32_t index, std::span<const std::byte> data);
  enum class Admitted : std::uint8_t { yes, full, unreadable };
  static constexpr std::uint32_t nobody = UINT32_MAX;
  struct Writer {
    NamespaceId space = 0;
    std::uint32_t waits = nobody;  ///< request that ends with the unit's program
  };
  Admitted admit_unit(const Writer& writer, Unit unit, std::uint32_t offset,
                      std::span<const std::byte> data);
  /// Puts the unit's present bytes into the slot. False: they cannot be read.
  bool fill(std::uint32_t slot, Entry entry, bool& reads);
  void add_waiter(Slot& slot, std::uint32_t request);
  void release_waiters(Slot& slot);
  void admit_waiting();
  void pack();
  [[nodiscard]] bool must_program();
  bool program_oldest(std::uint32_t count);
  void program_done(std::uint32_t record);
  void fill_done(std::uint32_t slot);
  void start_flush(std::uint32_t index);
  void wait_for_flush(std::uint32_t index);
  void end_flushes();
  void give_up_writing();

  // ftl_deallocate.cpp.
  void start_deallocation(std::uint32_t index);
  void deallocate_inner(std::uint32_t index);
  /// False: the buffer is full.
  bool write_zeroes(std::uint32_t index);
  void drop_unit(NamespaceId space, Unit unit);
  bool deallocate(NamespaceId space, Unit first, Unit count);

  // ftl_namespaces.cpp.
  void move_step();
  void end_resize();
  void drop_all(NamespaceId space, Unit first, Unit end);
  void make_first_namespace();

  struct Waiter {
    std::uint32_t request;
    std::uint32_t next;
  };
  struct Flush {
    std::uint32_t request;
    std::uint64_t epoch;
  };
  using Program = std::vector<std::uint32_t>;  ///< its slots

  Core core_;
  Journal journal_;
  Collector collector_;
  Requests requests_;
  std::array<std::uint32_t, Identity::last_space + 1> incarnations_{};
  std::vector<std::byte> pattern_ = std::vector<std::byte>(unit_bytes);

  std::vector<Waiter> waiters_;
  std::vector<std::uint32_t> free_waiters_;
  std::deque<std::uint32_t> waiting_;  ///< writes that the full buffer holds up, in order
  std::deque<Flush> flushes_;
  std::vector<Program> programs_;
  std::vector<std::uint32_t> free_programs_;
  std::vector<std::uint32_t> oldest_;
  std::vector<Owner> owners_;
  std::vector<nand::FrameSource> frames_;
  std::vector<nand::PlaneId> plane_order_;
  std::size_t next_plane_ = 0;
  Nanoseconds coalesce_at_ = never;

  std::uint32_t resize_request_ = 0;
  Nanoseconds resize_since_ = 0;
  Nanoseconds move_at_ = never;  ///< the next step of a resize
  std::uint64_t host_sectors_read_ = 0;
  std::uint64_t host_sectors_written_ = 0;
  std::uint64_t media_errors_ = 0;
};

}  // namespace kilburn::ftl
