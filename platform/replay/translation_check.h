// Compares every translation that the platform uses with a walk of the page tables in software.
#pragma once

#include <cstdint>

namespace kilburn::platform {

class TracePlatform;

/// Watches a platform from its construction on. The first difference ends the run with an exception
/// that names page, frame and what the page tables say.
class TranslationCheck {
 public:
  explicit TranslationCheck(TracePlatform& platform);
  ~TranslationCheck();
  TranslationCheck(const TranslationCheck&) = delete;
  TranslationCheck& operator=(const TranslationCheck&) = delete;

  [[nodiscard]] std::uint64_t checked() const { return checked_; }

 private:
  TracePlatform& platform_;
  std::uint64_t checked_ = 0;
};

}  // namespace kilburn::platform
