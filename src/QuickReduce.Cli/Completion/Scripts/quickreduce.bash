# Completion of quickreduce for bash. The tool itself says what fits; where nothing does, files are completed.
_quickreduce() {
  local name="${COMP_WORDS[0]}" word="${COMP_WORDS[COMP_CWORD]}" IFS=$'\n'
  local line="quickreduce${COMP_LINE:${#name}}" position=$((COMP_POINT - ${#name} + 11))
  local candidates
  candidates=$("$name" "[suggest:$position]" "$line" 2>/dev/null | grep -v '^/')
  COMPREPLY=($(compgen -W "$candidates" -- "$word"))
}
complete -o default -F _quickreduce quickreduce
