// Copyright the Kilburn authors. Licensed under the Apache License, Version 2.0.
// SPDX-License-Identifier: Apache-2.0
//
// How many units of the burst TLB are valid, so that an invalidation of all can say what it cleared.
//
// Contract
//   live_o   The units that became valid in earlier cycles, less those that went. What changes in a
//            cycle is registered as it is and added up in the next: a count would lengthen the path
//            from a lookup's match through the victim of the fill beside it.
//   Reset    None is valid.
module burst_tlb_live #(
  parameter int BURST = 8,
  parameter int WIDTH = 10
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic [BURST-1:0] gained_i,   // a fill's units that were not valid
  input  logic [BURST-1:0] evicted_i,  // its victim's
  input  logic [WIDTH-1:0] cleared_i,  // by an invalidation, in its last cycle
  output logic [WIDTH-1:0] live_o
);
  logic [BURST-1:0] gained_q, evicted_q;
  logic [WIDTH-1:0] cleared_q, counted_q;
  assign live_o =
      counted_q + WIDTH'($countones(gained_q)) - WIDTH'($countones(evicted_q)) - cleared_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      gained_q <= '0;
      evicted_q <= '0;
      cleared_q <= '0;
      counted_q <= '0;
    end else begin
      gained_q <= gained_i;
      evicted_q <= evicted_i;
      cleared_q <= cleared_i;
      counted_q <= live_o;
    end
  end
endmodule
