// A hart with AIA and a controller of its external interrupts that a test fills.
#pragma once

#include <map>
#include <optional>
#include <utility>

#include "common/external_interrupts.h"
#include "riscv/hart_under_test.h"

namespace kilburn::riscv {

/// Files whose registers are plain words, and whose top is what a test says.
class FakeFiles final : public ExternalInterrupts {
 public:
  /// `files`: machine, supervisor and guests from 1; 0: no IMSIC.
  explicit FakeFiles(unsigned files) : files_(files) {}
  std::map<unsigned, unsigned> tops;  ///< identities, by file
  std::map<std::pair<unsigned, unsigned>, std::uint64_t> words;
  std::map<unsigned, unsigned> claims;

  [[nodiscard]] unsigned priority(unsigned file) const override {
    const auto found = tops.find(file);
    return found == tops.end() ? 0 : found->second;
  }
  [[nodiscard]] bool has_file(unsigned file) const override { return file < files_; }
  [[nodiscard]] std::uint32_t top(unsigned file) const override {
    return priority(file) << 16 | priority(file);
  }
  void claim(unsigned file) override { ++claims[file]; }
  [[nodiscard]] std::uint64_t read(unsigned file, unsigned select) const override {
    const auto found = words.find({file, select});
    return found == words.end() ? 0 : found->second;
  }
  void write(unsigned file, unsigned select, std::uint64_t value) override {
    words[{file, select}] = value;
  }

 private:
  unsigned files_;
};

inline HartConfig with_aia(unsigned guest_files) {
  HartConfig config;
  config.aia = true;
  config.guest_files = guest_files;
  return config;
}

struct AiaHart : HartUnderTest {
  explicit AiaHart(unsigned guest_files = 2, bool imsic = true)
      : HartUnderTest(with_aia(guest_files)), files(imsic ? 2 + guest_files : 0) {
    state.connect(files);
  }
  FakeFiles files;

  void set_vgein(std::uint64_t number) {
    set("hstatus", (get("hstatus") & ~(std::uint64_t{63} << 12)) | number << 12);
  }
  /// The value of mireg or its kin, or why it is refused.
  CsrResult indirect(const char* select, const char* window, std::uint64_t number) {
    set(select, number);
    return read(window);
  }
};

}  // namespace kilburn::riscv
