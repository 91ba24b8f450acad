#compdef quickreduce
# Completion of quickreduce for zsh. The tool itself says what fits; where nothing does, files are completed.
_quickreduce() {
  local line="quickreduce ${(j: :)words[2,CURRENT]}"
  local -a candidates
  candidates=(${(f)"$("$words[1]" "[suggest:${#line}]" "$line" 2>/dev/null | grep -v '^/')"})
  compadd -a candidates || _files
}
compdef _quickreduce quickreduce
