#include "ftl/ftl_statistics.h"

namespace kilburn::ftl {

double FtlStatistics::write_amplification() const {
  if (units_written == 0) return 0.0;
  const std::uint64_t pages = journal_pages + checkpoint_pages;
  return static_cast<double>(units_programmed + padding_programmed + units_collected +
                             (pages * frames_of_page)) /
         static_cast<double>(units_written);
}

void FtlStatistics::visit(StatisticVisitor& v) const {
  v.counter("reads", reads, "requests", "reads submitted");
  v.counter("writes", writes, "requests", "writes submitted");
  v.counter("flushes", flushes, "requests", "flushes submitted");
  v.counter("deallocations", deallocations, "requests", "deallocations and write zeroes submitted");
  v.counter("units_read", units_read, "units", "units that reads touched");
  v.counter("units_written", units_written, "units", "units that writes touched");
  v.counter("units_deallocated", units_deallocated, "units",
            "units that held something and do not now");
  v.counter("partial_units", partial_units, "units", "written in part: read, then merged");
  v.counter("buffer_hits", buffer_hits, "units", "read from the write buffer");
  v.counter("buffer_merges", buffer_merges, "units", "written over what was not programmed yet");
  v.counter("buffer_stalls", buffer_stalls, "requests",
            "writes that waited for room in the buffer");
  v.counter("v2p_lookups", v2p_lookups, "look-ups", "of the V2P table, for requests");
  v.counter("unit_lookups", unit_lookups, "look-ups",
            "of tables of allocation units, for requests");
  v.counter("resizes", resizes, "resizes", "namespaces resized");
  v.counter("failed_resizes", failed_resizes, "resizes", "refused");
  v.counter("entries_moved", entries_moved, "entries", "of the V2P table, by resizes and removals");
  v.counter("resize_ns", resize_ns, "ns", "from the begin to the end of resizes");
  v.counter("units_programmed", units_programmed, "units", "of the host");
  v.counter("padding_programmed", padding_programmed, "units", "that nothing could fill");
  v.counter("collections", collections, "blocks", "whose garbage was collected");
  v.counter("units_collected", units_collected, "units", "moved by the collection");
  v.counter("wear_moves", wear_moves, "blocks", "collected to level the wear");
  v.counter("erases", erases, "blocks", "erased");
  v.counter("journal_pages", journal_pages, "pages", "of the journal programmed");
  v.counter("journal_records", journal_records, "records", "written to the journal");
  v.counter("checkpoints", checkpoints, "checkpoints", "of the maps");
  v.counter("checkpoint_pages", checkpoint_pages, "pages", "of checkpoints programmed");
  v.counter("unreadable_units", unreadable_units, "units",
            "found unreadable, by reads and the collection");
  v.counter("program_failures", program_failures, "pages", "whose program failed");
  v.counter("erase_failures", erase_failures, "blocks", "whose erase failed");
  v.counter("recovered_pages", recovered_pages, "pages", "newer than the checkpoint, at the start");
  v.counter("recovered_records", recovered_records, "records",
            "of the journal, applied at the start");
  v.counter("torn_pages", torn_pages, "pages", "found torn at the start");
  v.formula("write_amplification", write_amplification(), "units/unit",
            "units programmed for each unit written");
  v.histogram("wear", wear, "erases", "how often blocks were erased");
}

}  // namespace kilburn::ftl
