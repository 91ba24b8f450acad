mkdir -p /tmp/g && tar -C /tmp/g -xJf .lab/gpu.tar.xz; L=$PWD/.lab; cd /tmp/g
D=quickreduce/sm_90/QuickReduce.Gpu.FormatKernels
hist() { ptxas -arch=sm_90 -o /tmp/k.cubin $1 && cuobjdump -sass /tmp/k.cubin | python3 -c "
import sys,re,collections
cur=None;C={}
for l in sys.stdin:
    m=re.search(r'Function : (\S+)',l)
    if m: cur=m.group(1); C[cur]=collections.Counter()
    m=re.match(r'\s+/\*[0-9a-f]{4,}\*/\s+(?:@!?U?P\d+ )?([A-Z][A-Z0-9_]*)(\.[A-Z0-9_.]*)?',l)
    if m and cur: C[cur][m.group(1)]+=1
for k in C:
    if 'two_shot' in k and 'world2' in k: print(k,sum(C[k].values()),dict(C[k].most_common(28)))
"; }
export PATH=$PATH:/usr/local/cuda/bin
echo V0; hist $L/v0_float16.ptx; echo V1; hist $L/v1_float16.ptx; hist $L/v1_bfloat16.ptx
which ncu
timeout 100 ncu --clock-control none --metrics sm__inst_executed_pipe_alu.avg.pct_of_peak_sustained_active,sm__inst_executed_pipe_fma.avg.pct_of_peak_sustained_active,sm__inst_executed_pipe_fp16.avg.pct_of_peak_sustained_active,sm__inst_executed_pipe_lsu.avg.pct_of_peak_sustained_active,sm__inst_executed_pipe_xu.avg.pct_of_peak_sustained_active,sm__inst_executed.avg.pct_of_peak_sustained_active,smsp__issue_active.avg.pct_of_peak_sustained_active,gpu__time_duration.sum,smsp__inst_executed.sum --kernel-name regex:two_shot --launch-count 400 --csv ./QuickReduce.Gpu codecs > $OUT/ncu.csv 2>&1; echo ncu rc $?; tail -3 $OUT/ncu.csv | cut -c1-300
run() { for r in 2 4 8; do timeout 100 ./QuickReduce.Gpu bench --formats --ranks $r --largest 256 --largest-one-shot 1 --output $OUT/$1-$r.json > $OUT/$1-$r.txt 2>&1 || echo bench $1 $r rc $?; grep -E "^(float16|bfloat16) +int4(_group16_shared|_group16|_shared)? +two_shot +(268435456|33554432|1048576) " $OUT/$1-$r.txt; done; }
echo BASE; run v0
for t in float16 bfloat16; do cp $L/v1_$t.ptx ${D}.${t}_int4.ptx; done
echo V1; run v1; grep -c DIFFER $OUT/v1-*.txt
