// Copyright the Kilburn authors. Licensed under the Apache License, Version 2.0.
// SPDX-License-Identifier: Apache-2.0
//
// The valid bits of the burst TLB, one a unit: what a fill and an invalidation do to them.
//
// Contract
//   Fill        The entry filled has the units fill_units_i from the next cycle on, and no others.
//   Invalidate  Never beside a fill. `all` clears every unit; a scan, of entry scan_i the units
//               invalidated_i; a page, its unit in the named ways of its set, which have it.
//   cleared_o   How many units go in this cycle; for `all` it is told: live_i.
//   Reset       No unit is valid.
module burst_tlb_valid #(
  parameter int ENTRIES       = 64,
  parameter int WAYS          = 64,
  parameter int BURST         = 8,
  // Derived: leave them alone.
  parameter int ENTRY_WIDTH   = ENTRIES > 1 ? $clog2(ENTRIES) : 1,
  parameter int SETS          = ENTRIES / WAYS,
  parameter int SET_WIDTH     = SETS > 1 ? $clog2(SETS) : 1,
  parameter int WAY_WIDTH     = WAYS > 1 ? $clog2(WAYS) : 1,
  parameter int SELECT_WIDTH  = BURST > 1 ? $clog2(BURST) : 1,
  parameter int CLEARED_WIDTH = $clog2(ENTRIES * BURST + 1)
) (
  input  logic                     clk_i,
  input  logic                     rst_ni,
  input  logic                     fill_i,
  input  logic [SET_WIDTH-1:0]     fill_set_i,
  input  logic [WAY_WIDTH-1:0]     fill_way_i,
  input  logic [BURST-1:0]         fill_units_i,
  input  logic                     invalidate_i,
  input  logic                     all_i,
  input  logic [CLEARED_WIDTH-1:0] live_i,
  input  logic                     scans_i,
  input  logic [ENTRY_WIDTH-1:0]   scan_i,
  input  logic [BURST-1:0]         invalidated_i,
  input  logic [SET_WIDTH-1:0]     page_set_i,
  input  logic [WAYS-1:0]          page_ways_i,
  input  logic [SELECT_WIDTH-1:0]  page_unit_i,
  output logic [CLEARED_WIDTH-1:0] cleared_o,
  output logic [ENTRIES*BURST-1:0] unit_valid_o
);
  logic [BURST-1:0] page_units;
  assign page_units = BURST'(1) << page_unit_i;

  // Each entry decides for itself: an entry's number as an index would shift all bits.
  always_ff @(posedge clk_i or negedge rst_ni) begin : update
    if (!rst_ni) begin
      unit_valid_o <= '0;
    end else if (fill_i) begin
      for (int set = 0; set < SETS; set++) begin
        if (fill_set_i == SET_WIDTH'(set)) begin
          for (int way = 0; way < WAYS; way++) begin
            if (fill_way_i == WAY_WIDTH'(way)) begin
              unit_valid_o[(set * WAYS + way) * BURST +: BURST] <= fill_units_i;
            end
          end
        end
      end
    end else if (invalidate_i && all_i) begin
      unit_valid_o <= '0;
    end else if (invalidate_i && scans_i && invalidated_i != '0) begin
      for (int e = 0; e < ENTRIES; e++) begin
        if (scan_i == ENTRY_WIDTH'(e)) begin
          unit_valid_o[e*BURST +: BURST] <= unit_valid_o[e*BURST +: BURST] & ~invalidated_i;
        end
      end
    end else if (invalidate_i && !scans_i) begin
      for (int e = 0; e < ENTRIES; e++) begin
        if (page_set_i == SET_WIDTH'(e / WAYS) && page_ways_i[e % WAYS]) begin
          unit_valid_o[e*BURST +: BURST] <= unit_valid_o[e*BURST +: BURST] & ~page_units;
        end
      end
    end
  end

  always_comb begin : count
    cleared_o = '0;
    if (invalidate_i) begin
      if (all_i) cleared_o = live_i;
      else if (scans_i) cleared_o = CLEARED_WIDTH'($countones(invalidated_i));
      else cleared_o = CLEARED_WIDTH'($countones(page_ways_i));
    end
  end
endmodule
