#include "nvme/nvme_function.h"

namespace kilburn::nvme {

void FlashConfig::visit(ParameterVisitor& v) {
  v.block("nand", nand, "geometry of the array");
  v.block("timing", timing, "of dies and channels");
  v.block("faults", faults, "of the array");
  v.block("ftl", ftl, "flash translation layer");
  v.text("image", image, "file that holds the array from run to run; empty: none");
  v.text("load", load, "raw disk that a new drive has as namespace 1; empty: none");
  v.require(load.empty() || (ftl.precondition.fill == 0.0 && ftl.precondition.fragmented == 0.0),
            "a drive that loads a disk has no precondition");
}

void NvmeConfig::visit(ParameterVisitor& v) {
  v.integer("io_queues", io_queues, {1, 64}, "queues",
            "I/O submission queues, and as many completion queues");
  v.integer("queue_entries", queue_entries, {2, 65'536}, "entries", "most that a queue may have");
  v.integer("vectors", vectors, {1, 65}, "vectors", "of MSI-X");
  v.integer("commands", commands, {1, 65'536}, "commands",
            "I/O commands that are fetched and not ended at a time");
  v.integer("command_ns", command_ns, {1, 1'000'000}, "ns",
            "from one command to the next that the controller takes up");
  v.integer("admin_ns", admin_ns, {0, 1'000'000}, "ns",
            "work on an admin command beside its accesses");
  v.integer("ready_ns", ready_ns, {1, 1'000'000'000}, "ns", "from enabling to ready");
  v.integer("format_ns", format_ns, {0, 1'000'000'000}, "ns", "of a format");
  v.integer("transfer_pages_log2", transfer_pages_log2, {1, 9}, "",
            "largest transfer of a command, log2 of pages of 4 KiB (MDTS)");
  v.integer("asynchronous_events", asynchronous_events, {1, 16}, "commands",
            "asynchronous event requests that may wait");
  v.integer("error_entries", error_entries, {1, 256}, "entries", "of the error log");
  v.integer("temperature_kelvin", temperature_kelvin, {1, 500}, "K", "that SMART tells");
  v.flag("ats", ats, "the function can ask for translations");
  v.text("serial", serial, "serial number, of which 20 characters are told");
  v.block("dual_lut", dual_lut, "translations that the host interface keeps");
  v.choice("drive", drive, {"flash", "ideal"}, "what stands behind the controller");
  v.block("flash", flash, "the drive with flash");
  v.block("ideal", ideal, "the drive without flash");
}

}  // namespace kilburn::nvme
