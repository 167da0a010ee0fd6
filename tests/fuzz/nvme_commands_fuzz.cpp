// Any registers, doorbells, commands and memory of an NVM Express controller: nothing crashes or
// hangs.
#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

#include "bytes.h"
#include "kilburn/nvme.h"
#include "nvme/controller.h"
#include "nvme/ideal_drive.h"

namespace {

using namespace kilburn;
using fuzz::Bytes;

class Memory final : public nvme::HostMemory {
 public:
  nvme::HostReply read(nvme::HostQueue, IoVirtualAddress from, std::span<std::byte> to,
                       nvme::Nanoseconds) override {
    if (!answers(from.value(), to.size())) return {false, 10};
    std::memcpy(to.data(), bytes.data() + from.value(), to.size());
    return {true, 10};
  }
  nvme::HostReply write(nvme::HostQueue, IoVirtualAddress to, std::span<const std::byte> from,
                        nvme::Nanoseconds) override {
    if (!answers(to.value(), from.size())) return {false, 10};
    std::memcpy(bytes.data() + to.value(), from.data(), from.size());
    return {true, 10};
  }
  void begin_queue(nvme::HostQueue, IoVirtualAddress, std::uint64_t) override {}
  void end_queue(nvme::HostQueue) override {}
  std::vector<std::byte> bytes = std::vector<std::byte>(1 << 18);

 private:
  [[nodiscard]] bool answers(std::uint64_t at, std::uint64_t length) const {
    return at <= bytes.size() && bytes.size() - at >= length;
  }
};

class Interrupts final : public nvme::HostInterrupts {
 public:
  [[nodiscard]] unsigned vectors() const override { return 4; }
  [[nodiscard]] bool uses_messages() const override { return true; }
  void raise(unsigned, nvme::Nanoseconds) override {}
  void set_pin(bool) override {}
};

constexpr std::uint64_t submission = 0x1000;  // 16 entries of the admin queue, then of queue 1
constexpr std::uint64_t completion = 0x3000;

struct Host {
  Host() : config(small()), drive(config.ideal), controller(config, memory, interrupts, drive) {
    write(NVME_AQA, 0x000F'000F);
    write(NVME_ASQ, submission);
    write(NVME_ACQ, completion);
    write(NVME_CC, NVME_CQES << NVME_CC_IOCQES_SHIFT | NVME_SQES << NVME_CC_IOSQES_SHIFT | 1);
    run(1'000'000);
    command(0,
            {NVME_ADMIN_CREATE_CQ, 0, 0, 0, 0, 0, completion + 0x1000, 0, 0, 0, 15 << 16 | 1, 1});
    command(0, {NVME_ADMIN_CREATE_SQ, 0, 0, 0, 0, 0, submission + 0x1000, 0, 0, 0, 15 << 16 | 1,
                1 << 16 | 1});
    run(1'000'000);
  }
  static nvme::NvmeConfig small() {
    nvme::NvmeConfig config;
    config.io_queues = 3;
    config.vectors = 4;
    config.commands = 16;
    config.ideal.bytes = 1 << 20;
    config.ideal.namespaces = 4;
    return config;
  }
  void write(std::uint64_t offset, std::uint64_t value) { controller.write(offset, 4, value, now); }
  void run(nvme::Nanoseconds time) { controller.advance(now += time); }
  void command(unsigned queue, const std::array<std::uint32_t, 16>& dwords) {
    const std::uint64_t at = submission + 0x1000 * queue + 64 * tails[queue];
    std::memcpy(memory.bytes.data() + at, dwords.data(), 64);
    tails[queue] = (tails[queue] + 1) % 16;
    write(NVME_DOORBELLS + 8 * queue, tails[queue]);
  }

  nvme::NvmeConfig config;
  Memory memory;
  Interrupts interrupts;
  nvme::IdealDrive drive;
  nvme::Controller controller;
  nvme::Nanoseconds now = 0;
  std::uint32_t tails[2] = {};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes(data, size);
  Host host;
  while (!bytes.empty()) {
    const auto what = bytes.take<std::uint8_t>();
    switch (what % 5) {
      case 0:
        host.controller.write(bytes.take<std::uint16_t>() % NVME_MSIX_TABLE & ~7U,
                              (what & 0x80) != 0 ? 8 : 4, bytes.take<std::uint64_t>(), host.now);
        break;
      case 1:
        // Completions are consumed: heads of both queues.
        host.write(NVME_DOORBELLS + 4 + 8 * (what / 5 % 2), bytes.take<std::uint8_t>() % 16);
        break;
      case 2: {
        const std::uint64_t at = std::uint64_t{bytes.take<std::uint16_t>()} * 4;
        const auto value = bytes.take<std::uint64_t>();
        if (at + 8 <= host.memory.bytes.size()) {
          std::memcpy(host.memory.bytes.data() + at, &value, sizeof value);
        }
        break;
      }
      default:
        host.command(what / 5 % 2, bytes.take<std::array<std::uint32_t, 16>>());
        break;
    }
    host.run(bytes.take<std::uint16_t>());
  }
  host.run(1'000'000'000);
  return 0;
}
