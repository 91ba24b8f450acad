# Completion of quickreduce for fish. The tool itself says what fits; files are completed besides.
function __quickreduce_complete
  set -l line (commandline -cp)
  quickreduce "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null | string match -v -r '^/'
end
complete -c quickreduce -a '(__quickreduce_complete)'
