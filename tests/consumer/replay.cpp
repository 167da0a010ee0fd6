// A trace of Kilburn's replayed by somebody else's program.
#include <array>
#include <cstdio>

#include "trace/trace.h"

int main(int argc, char** argv) {
  using namespace kilburn::trace;
  if (argc != 2) return 1;
  const std::array<Record, 3> records = {Record{.address = 0x1000, .kind = Kind::fetch, .size = 4},
                                         Record{.address = 0x2000, .kind = Kind::load, .size = 8},
                                         Record{.address = 0x2008, .kind = Kind::store, .size = 8}};
  const auto writer = create_trace(argv[1], Format::kilburn);
  writer->append({.records = records});
  writer->finish();

  const auto reader = open_trace(argv[1]);
  std::size_t equal = 0;
  for (Batch batch = reader->next(); !batch.empty(); batch = reader->next()) {
    for (const Record& record : batch.records) {
      if (equal == records.size() || record != records[equal]) return 1;
      ++equal;
    }
  }
  std::printf("%zu records came back\n", equal);
  return equal == records.size() ? 0 : 1;
}
