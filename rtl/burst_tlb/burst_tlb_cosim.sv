// Copyright the Kilburn authors. Licensed under the Apache License, Version 2.0.
// SPDX-License-Identifier: Apache-2.0
//
// What the co-simulation holds: the burst TLB's RTL and, beside it, its model's ports as signals of
// the same names, so that one waveform shows both in one time base. Nothing here is synthesized.
module burst_tlb_cosim #(
  parameter int ENTRIES        = 64,
  parameter int WAYS           = 64,
  parameter int BURST          = 8,
  parameter bit CONTEXT_IN_TAG = 1'b1,
  parameter bit LINE_FILL      = 1'b1,
  parameter bit TREE_PLRU      = 1'b1,
  parameter int LATENCY        = 1,
  parameter int VPN_WIDTH      = 45,
  parameter int PFN_WIDTH      = 44,
  parameter int ASID_WIDTH     = 16,
  parameter int VMID_WIDTH     = 16,
  parameter int REALM_WIDTH    = 16,
  parameter int COUNTER_WIDTH  = 64,
  // Derived: leave them alone.
  parameter int ENTRY_WIDTH    = ENTRIES > 1 ? $clog2(ENTRIES) : 1,
  parameter int UNIT_WIDTH     = PFN_WIDTH + 16,
  parameter int RANGE_WIDTH    = (VPN_WIDTH > PFN_WIDTH ? VPN_WIDTH : PFN_WIDTH) + 1,
  parameter int CLEARED_WIDTH  = $clog2(ENTRIES * BURST + 1)
) (
  input  logic                        clk_i,
  input  logic                        rst_ni,

  input  logic                        lookup_valid_i,
  output logic                        lookup_ready_o,
  input  logic [VPN_WIDTH-1:0]        lookup_vpn_i,
  input  logic [ASID_WIDTH-1:0]       lookup_asid_i,
  input  logic [VMID_WIDTH-1:0]       lookup_vmid_i,
  input  logic [REALM_WIDTH-1:0]      lookup_realm_i,
  input  logic                        lookup_store_i,
  output logic                        lookup_valid_o,
  output logic [1:0]                  lookup_outcome_o,
  output logic [ENTRY_WIDTH-1:0]      lookup_entry_o,
  output logic [UNIT_WIDTH-1:0]       lookup_unit_o,

  input  logic                        fill_valid_i,
  output logic                        fill_ready_o,
  input  logic [VPN_WIDTH-1:0]        fill_vpn_i,
  input  logic [ASID_WIDTH-1:0]       fill_asid_i,
  input  logic [VMID_WIDTH-1:0]       fill_vmid_i,
  input  logic [REALM_WIDTH-1:0]      fill_realm_i,
  input  logic [UNIT_WIDTH-1:0]       fill_unit_i,
  input  logic                        fill_napot_i,
  input  logic [BURST-1:0]            fill_neighbours_valid_i,
  input  logic [BURST*UNIT_WIDTH-1:0] fill_neighbours_i,
  output logic                        fill_valid_o,
  output logic [ENTRY_WIDTH-1:0]      fill_entry_o,
  output logic                        fill_in_place_o,
  output logic [BURST-1:0]            fill_written_o,
  output logic [BURST-1:0]            fill_evicted_o,

  input  logic                        invalidate_valid_i,
  output logic                        invalidate_ready_o,
  input  logic [2:0]                  invalidate_operation_i,
  input  logic [RANGE_WIDTH-1:0]      invalidate_page_i,
  input  logic [RANGE_WIDTH-1:0]      invalidate_pages_i,
  input  logic [ASID_WIDTH-1:0]       invalidate_asid_i,
  input  logic [VMID_WIDTH-1:0]       invalidate_vmid_i,
  input  logic [REALM_WIDTH-1:0]      invalidate_realm_i,
  output logic                        invalidate_valid_o,
  output logic [CLEARED_WIDTH-1:0]    invalidate_cleared_o,

  output logic [ENTRIES*BURST-1:0]    unit_valid_o,
  output logic [10*COUNTER_WIDTH-1:0] counters_o,

  // The model's, driven from C++ while a waveform is written.
  input  logic                        model_lookup_valid_i,
  input  logic [1:0]                  model_lookup_outcome_i,
  input  logic [ENTRY_WIDTH-1:0]      model_lookup_entry_i,
  input  logic [UNIT_WIDTH-1:0]       model_lookup_unit_i,
  input  logic                        model_fill_valid_i,
  input  logic [ENTRY_WIDTH-1:0]      model_fill_entry_i,
  input  logic                        model_fill_in_place_i,
  input  logic [BURST-1:0]            model_fill_written_i,
  input  logic [BURST-1:0]            model_fill_evicted_i,
  input  logic                        model_invalidate_valid_i,
  input  logic [CLEARED_WIDTH-1:0]    model_invalidate_cleared_i,
  input  logic [ENTRIES*BURST-1:0]    model_unit_valid_i,
  input  logic                        mismatch_i,

  // What was elaborated, which the C++ side compares with what it expects: ENTRIES, WAYS, BURST,
  // CONTEXT_IN_TAG, LINE_FILL, TREE_PLRU, LATENCY, VPN, PFN, ASID, VMID, REALM and COUNTER_WIDTH.
  output logic [13*32-1:0]            parameters_o
);
  burst_tlb #(
    .ENTRIES(ENTRIES), .WAYS(WAYS), .BURST(BURST), .CONTEXT_IN_TAG(CONTEXT_IN_TAG),
    .LINE_FILL(LINE_FILL), .TREE_PLRU(TREE_PLRU), .LATENCY(LATENCY), .VPN_WIDTH(VPN_WIDTH),
    .PFN_WIDTH(PFN_WIDTH), .ASID_WIDTH(ASID_WIDTH), .VMID_WIDTH(VMID_WIDTH),
    .REALM_WIDTH(REALM_WIDTH), .COUNTER_WIDTH(COUNTER_WIDTH)
  ) rtl (
    .clk_i, .rst_ni,
    .lookup_valid_i, .lookup_ready_o, .lookup_vpn_i, .lookup_asid_i, .lookup_vmid_i,
    .lookup_realm_i, .lookup_store_i, .lookup_valid_o, .lookup_outcome_o, .lookup_entry_o,
    .lookup_unit_o,
    .fill_valid_i, .fill_ready_o, .fill_vpn_i, .fill_asid_i, .fill_vmid_i, .fill_realm_i,
    .fill_unit_i, .fill_napot_i, .fill_neighbours_valid_i, .fill_neighbours_i, .fill_valid_o,
    .fill_entry_o, .fill_in_place_o, .fill_written_o, .fill_evicted_o,
    .invalidate_valid_i, .invalidate_ready_o, .invalidate_operation_i, .invalidate_page_i,
    .invalidate_pages_i, .invalidate_asid_i, .invalidate_vmid_i, .invalidate_realm_i,
    .invalidate_valid_o, .invalidate_cleared_o,
    .unit_valid_o, .counters_o
  );

  burst_tlb_model_signals #(
    .ENTRIES(ENTRIES), .BURST(BURST), .ENTRY_WIDTH(ENTRY_WIDTH), .UNIT_WIDTH(UNIT_WIDTH),
    .CLEARED_WIDTH(CLEARED_WIDTH)
  ) model (
    .lookup_valid_o(model_lookup_valid_i), .lookup_outcome_o(model_lookup_outcome_i),
    .lookup_entry_o(model_lookup_entry_i), .lookup_unit_o(model_lookup_unit_i),
    .fill_valid_o(model_fill_valid_i), .fill_entry_o(model_fill_entry_i),
    .fill_in_place_o(model_fill_in_place_i), .fill_written_o(model_fill_written_i),
    .fill_evicted_o(model_fill_evicted_i), .invalidate_valid_o(model_invalidate_valid_i),
    .invalidate_cleared_o(model_invalidate_cleared_i), .unit_valid_o(model_unit_valid_i),
    .mismatch(mismatch_i)
  );

  assign parameters_o = {
    32'(COUNTER_WIDTH), 32'(REALM_WIDTH), 32'(VMID_WIDTH), 32'(ASID_WIDTH), 32'(PFN_WIDTH),
    32'(VPN_WIDTH), 32'(LATENCY), 32'(TREE_PLRU), 32'(LINE_FILL), 32'(CONTEXT_IN_TAG), 32'(BURST),
    32'(WAYS), 32'(ENTRIES)
  };
endmodule
