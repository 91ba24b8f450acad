mkdir -p /tmp/f && tar -C /tmp/f -xJf .lab/faults.tar.xz; cd /tmp/f
( timeout 60 ./QuickReduce.Gpu process-faults --ranks 2 --cases stop@launched --step-seconds 40 --total-seconds 55 > $OUT/sl.txt 2>&1; echo rc $?; tail -4 $OUT/sl.txt ) &
sleep 14
for p in $(pgrep -f "process-rank matrix"); do echo "== $p $(grep State /proc/$p/status)"; timeout 15 cuda-gdb -batch -p $p -ex "set pagination off" -ex "thread apply all bt 14" > $OUT/bt-$p.txt 2>&1; grep -c "^#" $OUT/bt-$p.txt; done
wait
for c in exit exception size regime order late never stop@phase1 stop@phase2 stop@phase3; do timeout 60 ./QuickReduce.Gpu process-faults --ranks 2 --cases $c --step-seconds 12 --total-seconds 58 > $OUT/c-$c.txt 2>&1; echo "$c rc $?"; grep -E "HANG|WRONG|^wrong|^no" $OUT/c-$c.txt; done
