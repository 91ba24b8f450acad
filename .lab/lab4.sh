mkdir -p /tmp/f && tar -C /tmp/f -xJf .lab/g2.tar.xz; cd /tmp/f
NCCL=$(python3 -c "import nvidia.nccl,os;print(os.path.join(list(nvidia.nccl.__path__)[0],'lib','libnccl.so.2'))"); echo $NCCL; env | grep -i -E "NCCL|NVLS|MULTICAST"
timeout 150 ./QuickReduce.Gpu process-faults --ranks 2 --step-seconds 30 --total-seconds 145 --output $OUT/faults-2gpu.json > $OUT/faults-2gpu.txt 2>&1; echo faults2 rc $?; grep -cE "^ok" $OUT/faults-2gpu.txt; grep -vE "^ok" $OUT/faults-2gpu.txt | tail -25
timeout 130 ./QuickReduce.Gpu hosts --hosts 2 --ranks-per-host 1 2 --nccl "$NCCL" --step-seconds 60 --total-seconds 125 --output $OUT/hosts.json > $OUT/hosts.txt 2>&1; echo hosts rc $?; tail -40 $OUT/hosts.txt
