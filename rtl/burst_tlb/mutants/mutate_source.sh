#!/bin/bash
# Copies the RTL with every fault of a table built in, each guarded by the number that the top's
# further input `mutant` selects. Usage: mutate_source.sh <table> <output folder> <source>...
set -euo pipefail
table=$1 folder=$2
shift 2

declare -A text
for source in "$@"; do text[${source##*/}]=$(< "$source"); done

fail() {
  echo "$table: $name: $*" >&2
  exit 1
}

edit() {  # one record
  local whole=${text[$file]-}
  [[ -n $whole ]] || fail "no source $file"
  local after=${whole#*"$from"}
  [[ $after != "$whole" ]] || fail "$file does not have: $from"
  [[ $after != *"$from"* ]] || fail "$file has more than once: $from"
  text[$file]=${whole%%"$from"*}${to//MUTANT/"(burst_tlb_cosim.mutant == 8'd$number)"}$after
}

# The input. A file's `mutant` is found upwards, in the top.
number=0 name=top file=burst_tlb_cosim.sv from="input  logic                        clk_i,"
to="input  logic [7:0]                  mutant,
  $from"
edit

name=
while IFS= read -r line || [[ -n $line ]]; do
  case $line in
    "= "*) name=${line#= } name=${name%%:*} from='' to='' number=$((number + 1)) ;;
    "@ "*) file=${line#@ } ;;
    "- "*) from+=${from:+$'\n'}${line#- } ;;
    "+ "*) to+=${to:+$'\n'}${line#+ } ;;
    "") [[ -z $name ]] || edit; name= ;;
    "#"*) ;;
    *) fail "neither record nor comment: $line" ;;
  esac
done < "$table"
[[ -z $name ]] || edit

mkdir -p "$folder"
for file in "${!text[@]}"; do printf '%s\n' "${text[$file]}" > "$folder/$file"; done
