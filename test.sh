#!/usr/bin/env bash
# Runs all tests. Installs what the native tests need from the distribution's packages when it is missing.
set -euo pipefail
cd "$(dirname "$0")"

usage() {
  cat <<'TEXT'
Usage: ./test.sh [--no-install] [-- arguments for dotnet test]

Runs `dotnet test QuickReduce.sln`. Where clang 22, its linker, hipcc, gcc or MPI are missing and this is a Debian-like system on
which it has the rights to, installs them first (apt-get). Without a compiler the native tests are skipped and say why.

  --no-install   install nothing
  -h, --help     this text

Environment:
  QUICKREDUCE_REQUIRE_NATIVE=1   a missing compiler is a failure instead of a skipped test
  CONFIGURATION                  build configuration, Release by default
TEXT
}

install=1
while (($#)); do
  case "$1" in
    --no-install) install=0 ;;
    -h|--help) usage; exit 0 ;;
    --) shift; break ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done

missing=()
command -v clang++-22 >/dev/null || missing+=(clang-22)
command -v ld.lld-22 >/dev/null || missing+=(lld-22)
command -v llvm-objdump-22 >/dev/null || missing+=(llvm-22)
[[ -e /usr/lib/llvm-22/lib/clang/22/lib/linux/libclang_rt.tsan-x86_64.a ]] || missing+=(libclang-rt-22-dev)
command -v hipcc >/dev/null || missing+=(hipcc)
command -v gcc >/dev/null || missing+=(gcc) # links what is compiled ahead of time
command -v mpirun.openmpi >/dev/null || missing+=(openmpi-bin) # ranks on several hosts, by either
command -v mpirun.mpich >/dev/null || missing+=(mpich)
if ((install && ${#missing[@]})); then
  if ! command -v apt-get >/dev/null; then
    echo "Not installed: ${missing[*]}. There is no apt-get here: install them by other means, or go on without." >&2
  elif ((EUID != 0)) && ! sudo -n true 2>/dev/null; then
    echo "Not installed: ${missing[*]}. To run the native tests: sudo apt-get install ${missing[*]}" >&2
  else
    as_root=(); ((EUID == 0)) || as_root=(sudo -n)
    echo "Installing ${missing[*]} from the distribution's packages."
    "${as_root[@]}" apt-get update -qq >/dev/null || true
    for package in "${missing[@]}"; do
      "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$package" >/dev/null 2>&1 \
        || echo "$package is not to be had here; what needs it is skipped." >&2
    done
  fi
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
dotnet test QuickReduce.sln -c "${CONFIGURATION:-Release}" "$@" 2>&1 | tee "$log" || status=$?

# One line at the end, over all test projects.
awk '
  match($0, /Failed: +[0-9]+, Passed: +[0-9]+, Skipped: +[0-9]+/) {
    line = substr($0, RSTART, RLENGTH); gsub(/[^0-9]+/, " ", line); split(line, n, " ")
    failed += n[1]; passed += n[2]; skipped += n[3]
  }
  END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped }' "$log"
exit "$status"
