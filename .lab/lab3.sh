mkdir -p /tmp/f && tar -C /tmp/f -xJf .lab/faults.tar.xz; cd /tmp/f
( timeout 100 ./QuickReduce.Gpu process-faults --ranks 2 --cases stop --step-seconds 50 --total-seconds 98 > $OUT/sl.txt 2>&1; echo rc $?; tail -12 $OUT/sl.txt ) &
for i in $(seq 1 12); do sleep 3; n=$(grep -c "^ok" $OUT/sl.txt); echo "$i ok=$n $(pgrep -fc process-rank)"; done
for p in $(pgrep -f "process-rank"); do echo "== $p $(grep State /proc/$p/status) $(tr '\0' ' ' </proc/$p/cmdline | cut -c1-300)"; tr '\0' '\n' </proc/$p/environ | grep QUICKREDUCE_RANK; for t in /proc/$p/task/*; do echo "  $(cat $t/comm) $(cat $t/wchan 2>/dev/null) $(cat $t/syscall 2>/dev/null | cut -c1-40)"; done; timeout 20 cuda-gdb -batch -p $p -ex "set pagination off" -ex "thread apply all bt 16" > $OUT/bt-$p.txt 2>&1; done
grep -hE "^Thread|^#" $OUT/bt-*.txt | cut -c1-120 | head -150
wait
