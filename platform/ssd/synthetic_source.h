// Requests of a configured flow.
#pragma once

#include <optional>

#include "platform/node/ssd_config.h"
#include "platform/ssd/request.h"
#include "platform/ssd/zipf.h"

namespace kilburn::ssd {

/// Whole blocks of the flow's part of the namespace. The popular blocks of zipf lie scattered.
/// Errors: InputError where that part does not hold a block.
class SyntheticSource final : public RequestSource {
 public:
  /// `sectors`: of the namespace. `path`: of the flow's parameters.
  SyntheticSource(const platform::FlowConfig& config, std::uint64_t sectors, std::string path);

  std::optional<Request> next() override;
  void resize(std::uint32_t target, std::uint64_t sectors) override;

 private:
  void take_part(std::uint64_t sectors);
  [[nodiscard]] std::uint64_t next_block();

  platform::FlowConfig config_;
  std::string path_;
  std::uint64_t first_block_ = 0;  ///< of its part
  std::uint64_t blocks_ = 0;
  std::optional<Zipf> zipf_;
  std::uint64_t sequential_ = 0;
  std::uint64_t random_;
  std::uint64_t made_ = 0;
  std::uint32_t writes_ = 0;  ///< since the last flush
};

}  // namespace kilburn::ssd
