// A host without harts: memory, queues and doorbells in front of a controller and an ideal drive.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "kilburn/nvme.h"
#include "nvme/controller.h"
#include "nvme/ideal_drive.h"

namespace kilburn::nvme::testing {

/// Memory from 0 to `bytes`; the rest, and pages that are made so, do not answer.
class FakeMemory final : public HostMemory {
 public:
  explicit FakeMemory(std::uint64_t bytes) : bytes_(bytes) {}
  static constexpr Nanoseconds latency = 500;

  HostReply read(HostQueue /*queue*/, IoVirtualAddress from, std::span<std::byte> to,
                 Nanoseconds /*now*/) override {
    ++reads;
    if (!answers(from.value(), to.size())) return {false, latency};
    std::memcpy(to.data(), bytes_.data() + from.value(), to.size());
    return {true, latency};
  }
  HostReply write(HostQueue /*queue*/, IoVirtualAddress to, std::span<const std::byte> from,
                  Nanoseconds /*now*/) override {
    if (!answers(to.value(), from.size())) return {false, latency};
    std::memcpy(bytes_.data() + to.value(), from.data(), from.size());
    return {true, latency};
  }
  void begin_queue(HostQueue queue, IoVirtualAddress /*base*/, std::uint64_t bytes) override {
    queues[queue.number()] = bytes;
  }
  void end_queue(HostQueue queue) override { queues.erase(queue.number()); }

  [[nodiscard]] std::byte* at(std::uint64_t address) { return bytes_.data() + address; }
  template <class Integer>
  [[nodiscard]] Integer get(std::uint64_t address) const {
    Integer value = 0;
    std::memcpy(&value, bytes_.data() + address, sizeof value);
    return value;
  }
  template <class Integer>
  void put(std::uint64_t address, Integer value) {
    std::memcpy(bytes_.data() + address, &value, sizeof value);
  }
  [[nodiscard]] std::uint64_t size() const { return bytes_.size(); }

  std::map<std::uint32_t, std::uint64_t> queues;  ///< by number: bytes
  std::map<std::uint64_t, bool> broken;           ///< pages that do not answer
  std::uint64_t reads = 0;

 private:
  [[nodiscard]] bool answers(std::uint64_t address, std::uint64_t length) const {
    if (address > bytes_.size() || bytes_.size() - address < length) return false;
    return broken.empty() || !broken.contains(address / 4096);
  }
  std::vector<std::byte> bytes_;
};

class FakeInterrupts final : public HostInterrupts {
 public:
  [[nodiscard]] unsigned vectors() const override { return messages ? 17 : 1; }
  [[nodiscard]] bool uses_messages() const override { return messages; }
  void raise(unsigned vector, Nanoseconds now) override {
    ++raised[vector];
    last = now;
  }
  void set_pin(bool level) override { pin = level; }
  bool messages = true;
  bool pin = false;
  std::map<unsigned, unsigned> raised;
  Nanoseconds last = 0;
};

/// Ends requests with errors where it is told to.
class FaultyDrive final : public IdealDrive {
 public:
  using IdealDrive::IdealDrive;
  std::map<ftl::Sector, ftl::MediaStatus> faults;
  void spoil(unsigned spare, bool read_only) {
    health_.available_spare = spare;
    health_.read_only = read_only;
  }

 protected:
  [[nodiscard]] ftl::MediaStatus outcome(const ftl::Request& request) override {
    const auto found = faults.lower_bound(request.first);
    if (found == faults.end() || found->first >= request.first + request.sectors) {
      return ftl::MediaStatus::success;
    }
    ++health_.media_errors;
    return found->second;
  }
};

struct Completed {
  std::uint32_t result = 0;
  std::uint16_t sq_head = 0;
  std::uint16_t sq = 0;
  std::uint16_t id = 0;
  unsigned status = 0;  ///< type << 8 | code
  bool dnr = false;
  bool more = false;
};

inline NvmeConfig small_config() {
  NvmeConfig config;
  config.io_queues = 4;
  config.ideal.bytes = 16 << 20;
  config.ideal.namespaces = 8;
  return config;
}

/// Places in its memory: queues in pages of their own from 0 on, then data.
class World {
 public:
  /// `media`: instead of its own drive.
  explicit World(const NvmeConfig& with = small_config(), ftl::Media* media = nullptr)
      : config(with),
        drive(with.ideal),
        controller(with, memory, interrupts, media == nullptr ? drive : *media) {}

  static constexpr std::uint64_t admin_sq = 0x1000;
  static constexpr std::uint64_t admin_cq = 0x2000;
  static constexpr std::uint64_t data = 0x100'000;
  static constexpr std::uint64_t list = 0x80'000;
  static constexpr std::uint32_t enable =
      NVME_CQES << NVME_CC_IOCQES_SHIFT | NVME_SQES << NVME_CC_IOSQES_SHIFT | NVME_CC_EN;

  struct Queue {
    std::uint64_t sq = 0;
    std::uint64_t cq = 0;
    std::uint32_t entries = 0;
    std::uint32_t cq_entries = 0;
    std::uint32_t tail = 0;
    std::uint32_t head = 0;
    bool phase = true;
    unsigned cq_id = 0;
  };

  void write(std::uint64_t offset, std::uint32_t value) { controller.write(offset, 4, value, now); }
  [[nodiscard]] std::uint32_t read(std::uint64_t offset) const {
    return static_cast<std::uint32_t>(controller.read(offset, 4));
  }
  void run(Nanoseconds time) {
    now += time;
    controller.advance(now);
  }
  /// Until nothing is left to do.
  void settle() {
    for (unsigned i = 0; i < 100'000 && controller.next_event() != ftl::never; ++i) {
      now = std::max(now, controller.next_event());
      controller.advance(now);
    }
  }

  void start(std::uint32_t entries = 32, std::uint32_t cc = enable) {
    write(NVME_AQA, (entries - 1) << 16 | (entries - 1));
    controller.write(NVME_ASQ, 8, admin_sq, now);
    controller.write(NVME_ACQ, 8, admin_cq, now);
    write(NVME_CC, cc);
    settle();
    queues[0] = {.sq = admin_sq, .cq = admin_cq, .entries = entries, .cq_entries = entries};
    std::memset(memory.at(admin_sq), 0, 0x2000);
  }
  void ring_tail(unsigned queue) { write(NVME_DOORBELLS + 8 * queue, queues[queue].tail); }
  void ring_head(unsigned cq, std::uint32_t head) { write(NVME_DOORBELLS + 8 * cq + 4, head); }

  /// Into its queue; the doorbell is another step.
  std::uint16_t put(unsigned queue, Entry entry) {
    Queue& q = queues[queue];
    const std::uint16_t id = next_id;
    next_id = static_cast<std::uint16_t>(next_id * 5 + 3);
    entry.dwords[0] |= std::uint32_t{id} << 16;
    std::memcpy(memory.at(q.sq + std::uint64_t{64} * q.tail), entry.dwords.data(), 64);
    q.tail = (q.tail + 1) % q.entries;
    return id;
  }
  /// The next completion of the queue's, which is consumed.
  std::optional<Completed> take(unsigned cq) {
    Queue& q = queues[cq];
    const std::uint64_t at = q.cq + std::uint64_t{16} * q.head;
    const auto last = memory.get<std::uint32_t>(at + 12);
    if (((last >> 16 & 1) != 0) != q.phase) return std::nullopt;
    q.head = (q.head + 1) % q.cq_entries;
    if (q.head == 0) q.phase = !q.phase;
    const auto queue = memory.get<std::uint32_t>(at + 8);
    return Completed{.result = memory.get<std::uint32_t>(at),
                     .sq_head = static_cast<std::uint16_t>(queue),
                     .sq = static_cast<std::uint16_t>(queue >> 16),
                     .id = static_cast<std::uint16_t>(last),
                     .status = last >> 17 & 0x7FF,
                     .dnr = (last >> 31 & 1) != 0,
                     .more = (last >> 30 & 1) != 0};
  }
  /// One command from doorbell to completion.
  Completed execute(unsigned queue, const Entry& entry) {
    const std::uint16_t id = put(queue, entry);
    ring_tail(queue);
    settle();
    const std::optional<Completed> done = take(queues[queue].cq_id);
    if (!done) {
      ADD_FAILURE() << "no completion of " << unsigned{entry.opcode()};
      return {.status = 0x7FF};
    }
    EXPECT_EQ(done->id, id);
    EXPECT_EQ(done->sq, queue);
    ring_head(queues[queue].cq_id, queues[queues[queue].cq_id].head);
    return *done;
  }
  Completed admin(const Entry& entry) { return execute(0, entry); }

  /// A pair, or where `cq` is given, one more submission queue of it.
  void create_queue(unsigned id, std::uint32_t entries = 16, unsigned cq = 0,
                    unsigned priority = 0) {
    const std::uint64_t base = 0x10'000 + 0x8000 * id;
    if (cq == 0) {
      cq = id;
      queues[id].cq = base + 0x4000;
      queues[id].cq_entries = entries;
      queues[id].head = 0;
      queues[id].phase = true;
      std::memset(memory.at(base + 0x4000), 0, 0x4000);
      ASSERT_EQ(admin(create_cq(id, entries, base + 0x4000, id)).status, NVME_SUCCESS);
    }
    ASSERT_EQ(admin(create_sq(id, entries, base, cq, priority)).status, NVME_SUCCESS);
    queues[id].sq = base;
    queues[id].entries = entries;
    queues[id].tail = 0;
    queues[id].cq_id = cq;
  }
  [[nodiscard]] static Entry create_cq(unsigned id, std::uint32_t entries, std::uint64_t at,
                                       unsigned vector) {
    Entry entry = command(NVME_ADMIN_CREATE_CQ, 0, at);
    entry.dwords[10] = (entries - 1) << 16 | id;
    entry.dwords[11] = vector << 16 | 3;
    return entry;
  }
  [[nodiscard]] static Entry create_sq(unsigned id, std::uint32_t entries, std::uint64_t at,
                                       unsigned cq, unsigned priority = 0) {
    Entry entry = command(NVME_ADMIN_CREATE_SQ, 0, at);
    entry.dwords[10] = (entries - 1) << 16 | id;
    entry.dwords[11] = cq << 16 | priority << 1 | 1;
    return entry;
  }
  [[nodiscard]] static Entry delete_queue(std::uint8_t opcode, unsigned id) {
    Entry entry = command(opcode, 0);
    entry.dwords[10] = id;
    return entry;
  }
  [[nodiscard]] static Entry command(std::uint32_t opcode, std::uint32_t nsid,
                                     std::uint64_t prp1 = 0, std::uint64_t prp2 = 0) {
    Entry entry;
    entry.dwords[0] = opcode;
    entry.dwords[1] = nsid;
    entry.dwords[6] = static_cast<std::uint32_t>(prp1);
    entry.dwords[7] = static_cast<std::uint32_t>(prp1 >> 32);
    entry.dwords[8] = static_cast<std::uint32_t>(prp2);
    entry.dwords[9] = static_cast<std::uint32_t>(prp2 >> 32);
    return entry;
  }
  [[nodiscard]] static Entry io(std::uint32_t opcode, std::uint32_t nsid, std::uint64_t lba,
                                unsigned blocks, std::uint64_t prp1 = data,
                                std::uint64_t prp2 = 0) {
    Entry entry = command(opcode, nsid, prp1, prp2);
    entry.dwords[10] = static_cast<std::uint32_t>(lba);
    entry.dwords[11] = static_cast<std::uint32_t>(lba >> 32);
    entry.dwords[12] = blocks - 1;
    return entry;
  }
  Completed identify(unsigned cns, std::uint32_t nsid, std::uint32_t dword10 = 0) {
    Entry entry = command(NVME_ADMIN_IDENTIFY, nsid, data);
    entry.dwords[10] = cns | dword10;
    std::memset(memory.at(data), 0xEE, 4096);
    return admin(entry);
  }
  Completed get_log(unsigned log, unsigned bytes, bool retain = false, std::uint64_t offset = 0) {
    Entry entry = command(NVME_ADMIN_GET_LOG_PAGE, NVME_NSID_ALL, data);
    entry.dwords[10] = (bytes / 4 - 1) << 16 | (retain ? 0x8000U : 0U) | log;
    entry.dwords[12] = static_cast<std::uint32_t>(offset);
    std::memset(memory.at(data), 0xEE, 4096);
    return admin(entry);
  }
  Completed set_feature(unsigned feature, std::uint32_t value, std::uint32_t nsid = 0) {
    Entry entry = command(NVME_ADMIN_SET_FEATURES, nsid, data);
    entry.dwords[10] = feature;
    entry.dwords[11] = value;
    return admin(entry);
  }
  Completed get_feature(unsigned feature, unsigned select = 0, std::uint32_t dword11 = 0,
                        std::uint32_t nsid = 0) {
    Entry entry = command(NVME_ADMIN_GET_FEATURES, nsid, data);
    entry.dwords[10] = feature | select << 8;
    entry.dwords[11] = dword11;
    return admin(entry);
  }
  Completed create_namespace(std::uint64_t blocks, unsigned format = 0) {
    std::memset(memory.at(data), 0, 4096);
    memory.put<std::uint64_t>(data, blocks);
    memory.put<std::uint64_t>(data + 8, blocks);
    memory.put<std::uint8_t>(data + 26, static_cast<std::uint8_t>(format));
    return admin(command(NVME_ADMIN_NS_MANAGEMENT, 0, data));
  }
  Completed attach(std::uint32_t nsid, bool on = true, unsigned id = controller_id) {
    std::memset(memory.at(data), 0, 4096);
    memory.put<std::uint16_t>(data, 1);
    memory.put<std::uint16_t>(data + 2, static_cast<std::uint16_t>(id));
    Entry entry = command(NVME_ADMIN_NS_ATTACHMENT, nsid, data);
    entry.dwords[10] = on ? 0 : 1;
    return admin(entry);
  }
  [[nodiscard]] static Entry resize(std::uint32_t nsid, std::uint64_t blocks) {
    Entry entry = command(NVME_ADMIN_RESIZE, nsid);
    entry.dwords[10] = static_cast<std::uint32_t>(blocks);
    entry.dwords[11] = static_cast<std::uint32_t>(blocks >> 32);
    return entry;
  }

  NvmeConfig config;
  FakeMemory memory{4 << 20};
  FakeInterrupts interrupts;
  FaultyDrive drive;
  Controller controller;
  std::array<Queue, 65> queues{};
  Nanoseconds now = 0;
  std::uint16_t next_id = 0xF001;
};

}  // namespace kilburn::nvme::testing
