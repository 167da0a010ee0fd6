// An .xz stream, compressed in bounded memory.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include <lzma.h>

namespace kilburn::trace {

/// One thread, which holds nothing back but the dictionary: destroyed before `finish`, it ends at
/// once. The dictionary is 4 MiB at most, whatever the level, so that encoding takes some 50 MB and
/// whoever reads the stream 5 MB.
class XzEncoder {
 public:
  using Sink = std::function<void(std::span<const std::byte>)>;

  /// `level`: 0 to 9, as of xz.
  XzEncoder(Sink sink, unsigned level);
  ~XzEncoder();
  XzEncoder(const XzEncoder&) = delete;
  XzEncoder& operator=(const XzEncoder&) = delete;

  void write(std::span<const std::byte> bytes);
  /// Ends the stream; nothing is written after it.
  void finish();

 private:
  void run(lzma_action action);

  Sink sink_;
  lzma_stream stream_ = LZMA_STREAM_INIT;
  std::vector<std::byte> output_;
};

}  // namespace kilburn::trace
