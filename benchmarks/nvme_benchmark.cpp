// The host interface alone: 4 KiB reads at queue depth 32, dual look-up tables and payload
// included, a media that ends each after 10 us, and a link that copies.
#include <benchmark/benchmark.h>

#include <array>
#include <cstring>
#include <deque>
#include <vector>

#include "kilburn/nvme.h"
#include "nvme/controller.h"
#include "nvme/host_path.h"

namespace {

using namespace kilburn;

class FixedMedia final : public ftl::Media {
 public:
  void submit(const ftl::Request& request, ftl::Nanoseconds now) override {
    pending_.push_back({request.tag, now + 10'000});
  }
  [[nodiscard]] ftl::Nanoseconds next_event() const override {
    return pending_.empty() ? ftl::never : pending_.front().when;
  }
  void advance(ftl::Nanoseconds now, ftl::MediaSink& sink) override {
    while (!pending_.empty() && pending_.front().when <= now) {
      const Pending end = pending_.front();
      pending_.pop_front();
      sink.bytes(end.tag, 0, bytes_);
      sink.ended(end.tag, ftl::MediaStatus::success, 0, end.when);
    }
  }
  [[nodiscard]] bool cancel(std::uint64_t) override { return false; }
  void resize(ftl::NamespaceId, std::uint64_t, std::uint64_t, ftl::Nanoseconds) override {}
  [[nodiscard]] Created create(std::uint64_t, ftl::Attributes, ftl::Nanoseconds) override {
    return {};
  }
  [[nodiscard]] ftl::MediaStatus remove(ftl::NamespaceId, ftl::Nanoseconds) override { return {}; }
  [[nodiscard]] ftl::MediaStatus format(ftl::NamespaceId, ftl::Attributes,
                                        ftl::Nanoseconds) override {
    return {};
  }
  [[nodiscard]] ftl::MediaStatus set_attributes(ftl::NamespaceId, ftl::Attributes,
                                                ftl::Nanoseconds) override {
    return {};
  }
  [[nodiscard]] std::optional<ftl::NamespaceInfo> info(ftl::NamespaceId id) const override {
    return ftl::NamespaceInfo{id, capacity(), 0, {}};
  }
  [[nodiscard]] std::vector<ftl::NamespaceId> namespaces() const override { return {1}; }
  [[nodiscard]] unsigned most_namespaces() const override { return 1; }
  [[nodiscard]] std::uint64_t capacity() const override { return std::uint64_t{1} << 28; }
  [[nodiscard]] std::uint64_t unallocated() const override { return 0; }
  void set_write_cache(bool) override {}
  [[nodiscard]] ftl::MediaHealth health() const override { return {}; }

 private:
  struct Pending {
    std::uint64_t tag;
    ftl::Nanoseconds when;
  };
  std::deque<Pending> pending_;
  std::array<std::byte, 4096> bytes_{};
};

class CopyingLink final : public nvme::HostLink {
 public:
  pcie::Completion request(pcie::Request request, Cycles) override {
    pcie::Completion completion{.latency = 300};
    const std::uint64_t at = request.address.value();
    if (request.type == pcie::AddressType::translation_request) {
      completion.translation = {
          .address = PhysicalAddress(at), .bytes = page_bytes, .readable = true, .writable = true};
    } else if (request.write) {
      std::memcpy(memory.data() + at, request.data.data(), request.data.size());
    } else {
      std::memcpy(request.data.data(), memory.data() + at, request.data.size());
    }
    return completion;
  }
  [[nodiscard]] bool ats_enabled() const override { return true; }
  std::vector<std::byte> memory = std::vector<std::byte>(8 << 20);
};

class NoInterrupts final : public nvme::HostInterrupts {
 public:
  [[nodiscard]] unsigned vectors() const override { return 2; }
  [[nodiscard]] bool uses_messages() const override { return true; }
  void raise(unsigned, nvme::Nanoseconds) override {}
  void set_pin(bool) override {}
};

constexpr std::uint64_t admin_sq = 0x1000;
constexpr std::uint64_t admin_cq = 0x2000;
constexpr std::uint64_t io_sq = 0x10'000;
constexpr std::uint64_t io_cq = 0x20'000;
constexpr std::uint32_t entries = 1024;

void reads(benchmark::State& state) {
  nvme::NvmeConfig config;
  CopyingLink link;
  nvme::HostPath path(config.dual_lut, link, 500);
  NoInterrupts interrupts;
  FixedMedia media;
  nvme::Controller controller(config, path, interrupts, media);
  nvme::Nanoseconds now = 0;
  const auto write = [&](std::uint64_t at, std::uint64_t value) {
    controller.write(at, 4, value, now);
  };
  const auto settle = [&] {
    while (controller.next_event() != ftl::never) {
      now = controller.next_event();
      controller.advance(now);
    }
  };
  const auto put = [&](std::uint64_t at, const std::array<std::uint32_t, 16>& dwords) {
    std::memcpy(link.memory.data() + at, dwords.data(), sizeof dwords);
  };
  write(NVME_AQA, 0x001F'001F);
  write(NVME_ASQ, admin_sq);
  write(NVME_ACQ, admin_cq);
  write(NVME_CC, NVME_CQES << NVME_CC_IOCQES_SHIFT | NVME_SQES << NVME_CC_IOSQES_SHIFT | 1);
  settle();
  put(admin_sq,
      {NVME_ADMIN_CREATE_CQ, 0, 0, 0, 0, 0, io_cq, 0, 0, 0, (entries - 1) << 16 | 1, 1 << 16 | 3});
  put(admin_sq + 64, {NVME_ADMIN_CREATE_SQ | 1 << 16, 0, 0, 0, 0, 0, io_sq, 0, 0, 0,
                      (entries - 1) << 16 | 1, 1 << 16 | 1});
  write(NVME_DOORBELLS, 2);
  settle();
  const auto depth = static_cast<std::uint32_t>(state.range(0));
  std::uint32_t tail = 0;
  std::uint32_t head = 0;
  std::uint32_t phase = 1;
  std::uint64_t done = 0;
  std::uint64_t random = 1;
  const auto submit = [&](std::uint32_t buffer) {
    const std::uint64_t data = 0x100'000 + std::uint64_t{buffer} * 4096;
    const std::uint64_t lba = next_random(random) % (std::uint64_t{1} << 25) * 8;
    put(io_sq + 64 * tail,
        {NVME_IO_READ | buffer << 16, 1, 0, 0, 0, 0, static_cast<std::uint32_t>(data), 0, 0, 0,
         static_cast<std::uint32_t>(lba), static_cast<std::uint32_t>(lba >> 32), 7});
    tail = (tail + 1) % entries;
  };
  for (std::uint32_t i = 0; i < depth; ++i) submit(i);
  write(NVME_DOORBELLS + 8, tail);
  for (auto _ : state) {
    const std::uint64_t until = done + 1000;
    while (done < until) {
      now = controller.next_event();
      controller.advance(now);
      const std::uint32_t before = head;
      for (;;) {
        std::uint32_t last = 0;
        std::memcpy(&last, link.memory.data() + io_cq + 16 * head + 12, sizeof last);
        if ((last >> 16 & 1) != phase) break;
        if (last >> 17 != 0) state.SkipWithError("a read has failed");
        if (++head == entries) {
          head = 0;
          phase ^= 1;
        }
        ++done;
        submit(last & 0xFFFF);
      }
      if (head == before) continue;
      write(NVME_DOORBELLS + 12, head);
      write(NVME_DOORBELLS + 8, tail);
    }
  }
  state.counters["reads"] =
      benchmark::Counter(static_cast<double>(done), benchmark::Counter::kIsRate);
}
BENCHMARK(reads)->Arg(1)->Arg(32)->Arg(256)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
