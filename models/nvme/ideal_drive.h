// A drive without flash: namespaces in memory, every request takes a fixed time.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "ftl/media.h"
#include "nvme/ideal_drive_config.h"

namespace kilburn::nvme {

/// Modelled: namespaces, their sizes, sparse bytes, what is deallocated. Not modelled: anything of
/// flash; nothing survives. Time: `read_ns` or `write_ns` a request, any number at once.
/// It is there to see the host interface alone.
class IdealDrive : public ftl::Media {
 public:
  explicit IdealDrive(const IdealDriveConfig& config);

  void submit(const ftl::Request& request, ftl::Nanoseconds now) override;
  [[nodiscard]] ftl::Nanoseconds next_event() const override;
  void advance(ftl::Nanoseconds now, ftl::MediaSink& sink) override;
  [[nodiscard]] bool cancel(std::uint64_t tag) override;
  void resize(ftl::NamespaceId space, std::uint64_t sectors, std::uint64_t tag,
              ftl::Nanoseconds now) override;
  [[nodiscard]] Created create(std::uint64_t sectors, ftl::Attributes attributes,
                               ftl::Nanoseconds now) override;
  [[nodiscard]] ftl::MediaStatus remove(ftl::NamespaceId space, ftl::Nanoseconds now) override;
  [[nodiscard]] ftl::MediaStatus format(ftl::NamespaceId space, ftl::Attributes attributes,
                                        ftl::Nanoseconds now) override;
  [[nodiscard]] ftl::MediaStatus set_attributes(ftl::NamespaceId space, ftl::Attributes attributes,
                                                ftl::Nanoseconds now) override;
  [[nodiscard]] std::optional<ftl::NamespaceInfo> info(ftl::NamespaceId space) const override;
  [[nodiscard]] std::vector<ftl::NamespaceId> namespaces() const override;
  [[nodiscard]] unsigned most_namespaces() const override { return config_.namespaces; }
  [[nodiscard]] std::uint64_t capacity() const override {
    return config_.bytes / ftl::sector_bytes;
  }
  [[nodiscard]] std::uint64_t unallocated() const override;
  void set_write_cache(bool /*on*/) override {}
  [[nodiscard]] ftl::MediaHealth health() const override { return health_; }

 protected:
  /// How a request ends that is in range.
  [[nodiscard]] virtual ftl::MediaStatus outcome(const ftl::Request& /*request*/) {
    return ftl::MediaStatus::success;
  }
  ftl::MediaHealth health_;

 private:
  using SectorBytes = std::array<std::byte, ftl::sector_bytes>;
  struct Space {
    std::uint64_t sectors = 0;
    ftl::Attributes attributes{};
    std::unordered_map<ftl::Sector, std::unique_ptr<SectorBytes>> held;  ///< null: zeros
  };
  struct Pending {
    ftl::Request request;
    std::vector<std::byte> data;
    bool resizes = false;
  };
  void carry_out(Pending& pending, ftl::Nanoseconds when, ftl::MediaSink& sink);
  [[nodiscard]] ftl::MediaStatus perform(Pending& pending, Space& space, ftl::Sector& failed,
                                         ftl::MediaSink& sink);
  [[nodiscard]] ftl::MediaStatus resize_now(const ftl::Request& request);

  IdealDriveConfig config_;
  std::map<ftl::NamespaceId, Space> spaces_;
  std::multimap<ftl::Nanoseconds, Pending> pending_;
  std::vector<std::byte> scratch_;
};

}  // namespace kilburn::nvme
