// Copyright the Kilburn authors. Licensed under the Apache License, Version 2.0.
// SPDX-License-Identifier: Apache-2.0
//
// What a fill writes: the unit asked for, and those beside it that came with it.
//
// Contract
//   Asked for   Its unit is written, whether valid or not.
//   Svnapot     A 64 KiB leaf fills every unit that is not valid; each gets the frame of its page.
//   Neighbours  The other leaves of the fetched line, each in the slot of its unit, are written where
//               the unit is not valid. Where the context is in the tag, all units of an entry are
//               global, or none: a neighbour that differs in that is left out.
module burst_tlb_fill #(
  parameter int BURST          = 8,
  parameter bit CONTEXT_IN_TAG = 1'b1,
  parameter int UNIT_WIDTH     = 60,
  parameter int GLOBAL         = 13    // offset of the G bit in a unit
) (
  input  logic                        fill_i,
  input  logic [3:0]                  page_i,     // the low bits of the VPN asked for
  input  logic [UNIT_WIDTH-1:0]       unit_i,
  input  logic                        napot_i,
  input  logic [BURST-1:0]            neighbours_valid_i,
  input  logic [BURST*UNIT_WIDTH-1:0] neighbours_i,
  input  logic [BURST-1:0]            survivors_i,  // valid under the tag that is there
  output logic [BURST-1:0]            written_o,
  output logic [BURST*UNIT_WIDTH-1:0] units_o,      // where written
  output logic                        fragment_o    // some of them are of larger leaves
);
  always_comb begin : compose
    written_o = '0;
    units_o = neighbours_i;
    fragment_o = 1'b0;
    if (fill_i) begin
      for (int unsigned u = 0; u < BURST; u++) begin
        written_o[u] =
            4'(u) == (page_i & 4'(BURST - 1)) ||
            (!survivors_i[u] &&
             (napot_i ||
              (neighbours_valid_i[u] &&
               (!CONTEXT_IN_TAG ||
                neighbours_i[u*UNIT_WIDTH + GLOBAL] == unit_i[GLOBAL]))));
        if (4'(u) == (page_i & 4'(BURST - 1)) || napot_i) begin
          units_o[u*UNIT_WIDTH +: UNIT_WIDTH] = unit_i;
        end
        if (napot_i) begin  // frame i of the leaf's sixteen for its page i
          units_o[u*UNIT_WIDTH + 16 +: 4] = (page_i & 4'(16 - BURST)) | 4'(u);
        end
        if (written_o[u] && units_o[u*UNIT_WIDTH +: 6] != '0) fragment_o = 1'b1;
      end
    end
  end
endmodule
