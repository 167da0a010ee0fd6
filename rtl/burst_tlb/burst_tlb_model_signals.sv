// Copyright the Kilburn authors. Licensed under the Apache License, Version 2.0.
// SPDX-License-Identifier: Apache-2.0
//
// A scope for the model's signals in the waveform, named as the RTL's; it does nothing with them.
module burst_tlb_model_signals #(
  parameter int ENTRIES       = 64,
  parameter int BURST         = 8,
  parameter int ENTRY_WIDTH   = 6,
  parameter int UNIT_WIDTH    = 60,
  parameter int CLEARED_WIDTH = 10
) (
  // verilator lint_off UNUSEDSIGNAL
  input logic                     lookup_valid_o,
  input logic [1:0]               lookup_outcome_o,
  input logic [ENTRY_WIDTH-1:0]   lookup_entry_o,
  input logic [UNIT_WIDTH-1:0]    lookup_unit_o,
  input logic                     fill_valid_o,
  input logic [ENTRY_WIDTH-1:0]   fill_entry_o,
  input logic                     fill_in_place_o,
  input logic [BURST-1:0]         fill_written_o,
  input logic [BURST-1:0]         fill_evicted_o,
  input logic                     invalidate_valid_o,
  input logic [CLEARED_WIDTH-1:0] invalidate_cleared_o,
  input logic [ENTRIES*BURST-1:0] unit_valid_o,
  input logic                     mismatch
  // verilator lint_on UNUSEDSIGNAL
);
endmodule
