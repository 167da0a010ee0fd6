// What the tests of block traces share.
#pragma once

#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "block_trace/block_trace.h"
#include "common/error.h"
#include "shipped_traces.h"

namespace kilburn::block_trace::test {

using Kind = BlockIo::Kind;

inline std::unique_ptr<Reader> open_text(const std::string& text, OpenOptions options = {}) {
  return open(std::make_unique<std::istringstream>(text), "t", options);
}

inline std::unique_ptr<Reader> open_data(const std::string& name, OpenOptions options = {}) {
  return open(test_file("block_trace/data/" + name), options);
}

inline std::vector<BlockIo> read_all(Reader& reader) {
  std::vector<BlockIo> ios;
  while (const auto io = reader.next()) ios.push_back(*io);
  return ios;
}

inline std::vector<BlockIo> read_all(const std::string& text, OpenOptions options = {}) {
  return read_all(*open_text(text, options));
}

/// What is said of the text; empty where nothing is.
inline std::string error_of(const std::string& text, OpenOptions options = {}) {
  try {
    static_cast<void>(read_all(text, options));
  } catch (const InputError& error) {
    return error.what();
  }
  return {};
}

}  // namespace kilburn::block_trace::test
