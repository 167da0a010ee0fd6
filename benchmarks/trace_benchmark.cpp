// Records a second: decoding and encoding of our own trace format, on the shipped traces, with zstd
// on the same core. The bar: 200 M records a second decoded. Counter "bytes": of the file, a
// record.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <string>
#include <vector>

#include "trace/kilburn_writer.h"
#include "trace/trace.h"

namespace kilburn::trace {
namespace {

std::filesystem::path path_of(const std::string& name) {
  return std::filesystem::path(KILBURN_SOURCE_DIR) / "traces" / (name + ".ktrace");
}

void decode(benchmark::State& state, const std::string& name) {
  const auto reader = open_trace(path_of(name));
  std::uint64_t records = 0;
  for (auto _ : state) {
    reader->seek(0);
    for (Batch batch = reader->next(); !batch.empty(); batch = reader->next()) {
      benchmark::DoNotOptimize(batch.records.data());
      records += batch.records.size();
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(records));
  state.counters["bytes"] = static_cast<double>(std::filesystem::file_size(path_of(name))) /
                            static_cast<double>(reader->description().counts.value().records);
}

/// As `trace record` does: zstd level 3.
void encode(benchmark::State& state, const std::string& name) {
  constexpr std::size_t wanted = 1u << 20;
  std::vector<Record> records;
  const auto reader = open_trace(path_of(name));
  for (Batch batch = reader->next(); !batch.empty() && records.size() < wanted;
       batch = reader->next()) {
    for (const Record& record : batch.records) {
      if (record.kind != Kind::event) records.push_back(record);
    }
  }
  const auto path = std::filesystem::temp_directory_path() / "kilburn_trace_benchmark.ktrace";
  for (auto _ : state) {
    KilburnWriter writer(path, {});
    writer.append({.records = records, .events = {}, .physical = {}});
    writer.finish();
  }
  std::filesystem::remove(path);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(records.size()));
}

[[maybe_unused]] const bool registered = [] {
  for (const char* name :
       {"compiler", "compressor", "database", "graph", "key_value", "script", "sort", "updates"}) {
    benchmark::RegisterBenchmark((std::string("decode/") + name).c_str(), decode, name)
        ->Unit(benchmark::kMillisecond);
  }
  for (const char* name : {"database", "updates"}) {
    benchmark::RegisterBenchmark((std::string("encode/") + name).c_str(), encode, name)
        ->Unit(benchmark::kMillisecond);
  }
  return true;
}();

}  // namespace
}  // namespace kilburn::trace

BENCHMARK_MAIN();
