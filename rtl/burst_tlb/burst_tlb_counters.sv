// Copyright the Kilburn authors. Licensed under the Apache License, Version 2.0.
// SPDX-License-Identifier: Apache-2.0
//
// Performance counters of the burst TLB, named as the model's statistics (models/burst_tlb/tlb.h).
//
// Contract
//   counters_o, from the least significant: lookups, hits, miss_tag, miss_unit, miss_content, fills,
//   units_filled, evictions, units_evicted, units_invalidated. They show an operation in the cycle
//   after that in which it was carried out, and wrap.
module burst_tlb_counters #(
  parameter int BURST         = 8,
  parameter int CLEARED_WIDTH = 10,
  parameter int COUNTER_WIDTH = 64
) (
  input  logic                        clk_i,
  input  logic                        rst_ni,
  input  logic                        lookup_i,
  input  logic [1:0]                  outcome_i,
  input  logic                        fill_i,
  input  logic [BURST-1:0]            written_i,
  input  logic [BURST-1:0]            evicted_i,
  input  logic                        invalidate_i,
  input  logic [CLEARED_WIDTH-1:0]    cleared_i,
  output logic [10*COUNTER_WIDTH-1:0] counters_o
);
  typedef logic [COUNTER_WIDTH-1:0] counter_t;
  counter_t lookups_q, hits_q, miss_tag_q, miss_unit_q, miss_content_q, fills_q, units_filled_q,
            evictions_q, units_evicted_q, units_invalidated_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      lookups_q <= '0;
      hits_q <= '0;
      miss_tag_q <= '0;
      miss_unit_q <= '0;
      miss_content_q <= '0;
      fills_q <= '0;
      units_filled_q <= '0;
      evictions_q <= '0;
      units_evicted_q <= '0;
      units_invalidated_q <= '0;
    end else begin
      if (lookup_i) begin
        lookups_q <= lookups_q + 1'b1;
        case (outcome_i)
          2'd0: hits_q <= hits_q + 1'b1;
          2'd1: miss_tag_q <= miss_tag_q + 1'b1;
          2'd2: miss_unit_q <= miss_unit_q + 1'b1;
          default: miss_content_q <= miss_content_q + 1'b1;
        endcase
      end
      if (fill_i) begin
        fills_q <= fills_q + 1'b1;
        units_filled_q <= units_filled_q + COUNTER_WIDTH'($countones(written_i));
        if (evicted_i != '0) evictions_q <= evictions_q + 1'b1;
        units_evicted_q <= units_evicted_q + COUNTER_WIDTH'($countones(evicted_i));
      end
      if (invalidate_i) units_invalidated_q <= units_invalidated_q + COUNTER_WIDTH'(cleared_i);
    end
  end
  assign counters_o = {units_invalidated_q, units_evicted_q, evictions_q, units_filled_q, fills_q,
                       miss_content_q, miss_unit_q, miss_tag_q, hits_q, lookups_q};
endmodule
