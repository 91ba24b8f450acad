#!/usr/bin/env bash
# How much longer a build with nothing to do takes with QuickReduce: the sample as a user has it, with the package, against
# the same sources without generator and native build, in turns.
set -euo pipefail
cd "$(dirname "$0")/.."
if [[ "${1:-}" == -* ]]; then
  echo "Usage: benchmarks/no-op-build.sh [pairs]   (default 10)" >&2
  exit 2
fi
pairs=${1:-10}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export NUGET_PACKAGES="$work/packages" DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

echo "Packing and building both once." >&2
env -u NUGET_PACKAGES dotnet pack src/QuickReduce -o "$work/feed" >"$work/log" || { cat "$work/log" >&2; exit 1; }
cat >"$work/nuget.config" <<XML
<configuration><packageSources><add key="packed" value="$work/feed" /></packageSources></configuration>
XML
spectre=$(sed -n 's/.*Include="Spectre.Console" Version="\([^"]*\)".*/\1/p' Directory.Packages.props)
commandline=$(sed -n 's/.*Include="System.CommandLine" Version="\([^"]*\)".*/\1/p' Directory.Packages.props)
tensors=$(sed -n 's/.*Include="System.Numerics.Tensors" Version="\([^"]*\)".*/\1/p' Directory.Packages.props)

# project NAME REFERENCE
project() {
  mkdir -p "$work/$1"
  # The sample reads its data with a class of a library that is in no package.
  cp -r samples/QuickStart/*.cs samples/QuickStart/data src/QuickReduce.Accuracy/Checkpoints/SafeTensors.cs "$work/$1"
  cat >"$work/$1/$1.csproj" <<XML
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
    <Nullable>enable</Nullable>
    <QuickReduceOffloadArchs>gfx942;host</QuickReduceOffloadArchs>
    <EmitCompilerGeneratedFiles Condition="'\$(Emit)' == 'true'">true</EmitCompilerGeneratedFiles>
    <CompilerGeneratedFilesOutputPath>$work/generated</CompilerGeneratedFilesOutputPath>
  </PropertyGroup>
  <ItemGroup>
    $2
    <PackageReference Include="Spectre.Console" Version="$spectre" />
    <PackageReference Include="System.CommandLine" Version="$commandline" />
    <PackageReference Include="System.Numerics.Tensors" Version="$tensors" />
    <Content Include="data/**" CopyToOutputDirectory="PreserveNewest" />
  </ItemGroup>
</Project>
XML
}

build() { dotnet build "$work/$1" --no-restore -nodeReuse:false -v:q "${@:2}" >"$work/log" || { cat "$work/log" >&2; exit 1; }; }

project with '<PackageReference Include="QuickReduce" Version="*-*" />'
project without "<Reference Include=\"$work/run-time/QuickReduce.dll\" />"
mkdir "$work/run-time"
unzip -qj "$work"/feed/QuickReduce.*.nupkg lib/net10.0/QuickReduce.dll -d "$work/run-time"
for name in with without; do dotnet restore "$work/$name" >"$work/log" || { cat "$work/log" >&2; exit 1; }; done
build with -p:Emit=true
find "$work/generated" -name '*.g.cs' -path '*QuickReduce*' -exec cp {} "$work/without" \;
for name in with without; do build "$name"; build "$name"; done

TIMEFORMAT='%R %U %S'
for ((pair = 1; pair <= pairs; pair++)); do
  printf '\r%d of %d pairs' "$pair" "$pairs" >&2
  for name in with without; do
    { time build "$name"; } 2>>"$work/$name.times"
  done
done
echo >&2

# Median over the pairs of the ratio of both builds' times: elapsed, and of the processors.
paste -d ' ' "$work/with.times" "$work/without.times" | awk '
  { elapsed[NR] = $1 / $4; processor[NR] = ($2 + $3) / ($5 + $6); a += $1; b += $4 }
  function median(values, n,   i, j, t) {
    for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++) if (values[j] < values[i]) { t = values[i]; values[i] = values[j]; values[j] = t }
    return n % 2 ? values[(n + 1) / 2] : (values[n / 2] + values[n / 2 + 1]) / 2
  }
  END {
    printf "With QuickReduce / without, median of %d pairs: elapsed %.3f, processor time %.3f\n", NR, median(elapsed, NR), median(processor, NR)
    printf "Mean elapsed: %.2f s with, %.2f s without\n", a / NR, b / NR
  }'
