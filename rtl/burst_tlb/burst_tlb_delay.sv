// Copyright the Kilburn authors. Licensed under the Apache License, Version 2.0.
// SPDX-License-Identifier: Apache-2.0
//
// Delays a result by a number of cycles, so that synthesis may spread the lookup over them.
// Bit WIDTH-1, the result's valid bit, is the one that reset clears.
module burst_tlb_delay #(
  parameter int WIDTH  = 2,
  parameter int CYCLES = 0
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic [WIDTH-1:0] d_i,
  output logic [WIDTH-1:0] q_o
);
  if (CYCLES == 0) begin : g_none
    assign q_o = d_i;
    logic unused;
    assign unused = clk_i ^ rst_ni;
  end else begin : g_stages
    logic [WIDTH-2:0]  payload_q [CYCLES];
    logic [CYCLES-1:0] valid_q;
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) valid_q <= '0;
      else valid_q <= CYCLES'({valid_q, d_i[WIDTH-1]});
    end
    always_ff @(posedge clk_i) begin
      payload_q[0] <= d_i[WIDTH-2:0];
      for (int stage = 1; stage < CYCLES; stage++) payload_q[stage] <= payload_q[stage-1];
    end
    assign q_o = {valid_q[CYCLES-1], payload_q[CYCLES-1]};
  end
endmodule
