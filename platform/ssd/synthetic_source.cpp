#include "platform/ssd/synthetic_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/error.h"

namespace kilburn::ssd {

using platform::AccessPattern;

SyntheticSource::SyntheticSource(const platform::FlowConfig& config, std::uint64_t sectors,
                                 std::string path)
    : config_(config), path_(std::move(path)), random_(mix64(config.seed) | 1) {
  take_part(sectors);
}

void SyntheticSource::take_part(std::uint64_t sectors) {
  const std::uint64_t all = sectors * sector_bytes / config_.block_bytes;
  const auto part = [all](double share) {
    return static_cast<std::uint64_t>(static_cast<double>(all) * share);
  };
  first_block_ = part(config_.first);
  blocks_ = std::min(part(config_.share), all - first_block_);
  if (blocks_ == 0) {
    throw InputError(fmt::format(
        "{}: its part of namespace {} holds no block of {} bytes: allowed is a larger share, or "
        "smaller blocks",
        path_, config_.name_space, config_.block_bytes));
  }
  if (config_.pattern == AccessPattern::zipf) zipf_.emplace(blocks_, config_.theta);
}

void SyntheticSource::resize(std::uint32_t /*target*/, std::uint64_t sectors) {
  take_part(sectors);
}

std::uint64_t SyntheticSource::next_block() {
  switch (config_.pattern) {
    case AccessPattern::sequential:
      return sequential_++ % blocks_;
    case AccessPattern::zipf:
      // Ranks are scattered, or the popular blocks would lie side by side.
      return mix64(zipf_->draw(random_)) % blocks_;
    case AccessPattern::random:
      break;
  }
  return next_random(random_) % blocks_;
}

std::optional<Request> SyntheticSource::next() {
  if (config_.flush_every > 0 && writes_ >= config_.flush_every) {
    writes_ = 0;
    return Request{.kind = Request::Kind::flush};
  }
  if (made_ == config_.requests) return std::nullopt;
  ++made_;
  bool reads = config_.read >= 1.0;
  if (config_.read > 0.0 && config_.read < 1.0) {
    reads = static_cast<double>(next_random(random_) >> 11) * 0x1p-53 < config_.read;
  }
  if (!reads) ++writes_;
  const std::uint64_t sectors = config_.block_bytes / sector_bytes;
  return Request{.kind = reads ? Request::Kind::read : Request::Kind::write,
                 .first = (first_block_ + next_block()) * sectors,
                 .sectors = sectors};
}

}  // namespace kilburn::ssd
