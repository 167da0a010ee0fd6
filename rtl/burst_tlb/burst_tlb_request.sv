// Copyright the Kilburn authors. Licensed under the Apache License, Version 2.0.
// SPDX-License-Identifier: Apache-2.0
//
// The register of a request: taken at an edge, carried out from the cycle after it on.
//
// Contract
//   take_i      Valid and ready of the port: payload_i is taken at this edge.
//   done_i      This cycle is the last in which what was taken is carried out; a lookup's only one.
//   payload_o   What was taken last, while valid_o is high: what is carried out.
//   Reset       Nothing is carried out.
module burst_tlb_request #(
  parameter int WIDTH = 1
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic             take_i,
  input  logic             done_i,
  input  logic [WIDTH-1:0] payload_i,
  output logic             valid_o,
  output logic [WIDTH-1:0] payload_o
);
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) valid_o <= 1'b0;
    else valid_o <= take_i || (valid_o && !done_i);
  end
  always_ff @(posedge clk_i) begin
    if (take_i) payload_o <= payload_i;
  end
endmodule
