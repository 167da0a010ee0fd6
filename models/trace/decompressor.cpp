#define ZLIB_CONST  // its input is not written to
#include "trace/decompressor.h"

#include <fmt/format.h>
#include <lzma.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <new>

namespace kilburn::trace {
namespace {

constexpr std::byte zero{0};

unsigned most(std::size_t bytes) {
  return static_cast<unsigned>(
      std::min<std::size_t>(bytes, std::numeric_limits<unsigned>::max() / 2));
}

class Gzip final : public Decompressor {
 public:
  Gzip() {
    constexpr int gzip_only = 16;
    if (inflateInit2(&stream_, MAX_WBITS + gzip_only) != Z_OK) throw std::bad_alloc();
  }
  ~Gzip() override { inflateEnd(&stream_); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  [[nodiscard]] std::string name() const override { return "gzip"; }

  Step step(std::span<const std::byte> from, bool last, std::span<std::byte> to) override {
    if (state_ != State::within) {
      const std::size_t padding = skip_padding(from);
      if (padding > 0 || from.empty()) return {.taken = padding};
    }
    stream_.next_in = reinterpret_cast<const Bytef*>(from.data());
    stream_.avail_in = most(from.size());
    stream_.next_out = reinterpret_cast<Bytef*>(to.data());
    stream_.avail_out = most(to.size());
    const Step room{stream_.avail_in, stream_.avail_out};
    const int result = inflate(&stream_, Z_NO_FLUSH);
    const Step done{room.taken - stream_.avail_in, room.given - stream_.avail_out};
    if (result == Z_STREAM_END) {
      state_ = State::behind_member;
      return done;
    }
    if (result != Z_OK && result != Z_BUF_ERROR) {
      throw DamagedData(stream_.msg != nullptr ? stream_.msg : "it cannot be decompressed");
    }
    if (last && done.taken == 0 && done.given == 0) throw DamagedData("the data end too early");
    return done;
  }

 private:
  enum class State : std::uint8_t { within, behind_member, padding };

  /// Behind a member: zeros up to the end, or another member.
  std::size_t skip_padding(std::span<const std::byte> from) {
    if (from.empty()) return 0;
    const auto other = std::ranges::find_if(from, [](std::byte byte) { return byte != zero; });
    const auto zeros = static_cast<std::size_t>(other - from.begin());
    if (zeros > 0) state_ = State::padding;
    if (other == from.end()) return zeros;
    if (state_ == State::padding || *other != std::byte{0x1F}) {
      throw DamagedData("behind its end is neither another member nor padding of zeros");
    }
    inflateReset(&stream_);
    state_ = State::within;
    return 0;
  }

  z_stream stream_{};
  State state_ = State::within;
};

class Xz final : public Decompressor {
 public:
  Xz() {
    if (lzma_stream_decoder(&stream_, memory_limit, LZMA_CONCATENATED) != LZMA_OK) {
      throw std::bad_alloc();
    }
  }
  ~Xz() override { lzma_end(&stream_); }
  Xz(const Xz&) = delete;
  Xz& operator=(const Xz&) = delete;

  [[nodiscard]] std::string name() const override { return "xz"; }

  Step step(std::span<const std::byte> from, bool last, std::span<std::byte> to) override {
    if (ended_) return {};
    stream_.next_in = reinterpret_cast<const std::uint8_t*>(from.data());
    stream_.avail_in = from.size();
    stream_.next_out = reinterpret_cast<std::uint8_t*>(to.data());
    stream_.avail_out = to.size();
    const lzma_ret result = lzma_code(&stream_, last ? LZMA_FINISH : LZMA_RUN);
    ended_ = result == LZMA_STREAM_END;
    if (!ended_ && result != LZMA_OK) throw DamagedData(problem(result));
    const Step done{from.size() - stream_.avail_in, to.size() - stream_.avail_out};
    // liblzma says so from the second time on only.
    if (!ended_ && last && done.taken == 0 && done.given == 0) {
      throw DamagedData(problem(LZMA_BUF_ERROR));
    }
    return done;
  }

 private:
  static constexpr std::uint64_t memory_limit = std::uint64_t{1} << 30;

  static std::string problem(lzma_ret result) {
    switch (result) {
      case LZMA_BUF_ERROR:
        return "the data end too early";
      case LZMA_MEMLIMIT_ERROR:
        return "its dictionary needs more than 1 GiB";
      case LZMA_OPTIONS_ERROR:
        return "it needs features that this liblzma has not";
      default:
        return fmt::format("they do not match the format (liblzma's code {})",
                           static_cast<int>(result));
    }
  }

  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<Decompressor> make_decompressor(std::span<const std::byte> first) {
  constexpr std::array xz = {std::byte{0xFD}, std::byte{'7'}, std::byte{'z'},
                             std::byte{'X'},  std::byte{'Z'}, zero};
  constexpr std::array gzip = {std::byte{0x1F}, std::byte{0x8B}};
  const auto begins_with = [&](std::span<const std::byte> magic) {
    return first.size() >= magic.size() && std::ranges::equal(first.first(magic.size()), magic);
  };
  if (begins_with(xz)) return std::make_unique<Xz>();
  if (begins_with(gzip)) return std::make_unique<Gzip>();
  return nullptr;
}

}  // namespace kilburn::trace
