"""All-reduce of NCCL (RCCL on AMD) through PyTorch, measured as `QuickReduce.Gpu bench --spread` measures QuickReduce's.

One process for each GPU; calls are captured in CUDA graphs, whose buffers rotate through more memory than the L2 cache
holds; times are medians of replays, between two events on the device. Writes the same records as `bench --output`.

    python3 benchmarks/nccl/allreduce.py --ranks 2 --output nccl.json

Needs PyTorch with CUDA or ROCm, and as many GPUs as ranks. Under torchrun the ranks are torchrun's, and --ranks is not
used.
"""

import argparse
import json
import os
import platform
import statistics

import torch
import torch.distributed as dist
import torch.multiprocessing as multiprocessing

SMALLEST_BYTES = 2048
L2_ROTATION = 4
MAX_SETS = 64
WARM_UPS = 3
REPLAYS = 21
DTYPES = {"float16": torch.float16, "bfloat16": torch.bfloat16, "float32": torch.float32}


def sizes(largest):
    size = SMALLEST_BYTES
    while size <= largest:
        yield size
        size *= 2


def buffer_sets(size, l2_bytes):
    """So many that together they are four times as large as the L2, as in `bench`. PyTorch reduces in place: one buffer each."""
    return max(2, min(MAX_SETS, L2_ROTATION * l2_bytes // size + 1))


def calls_in_graph(size, sets):
    return max(sets, 20 if size <= 1 << 20 else 8 if size <= 16 << 20 else 2)


def is_right(buffer, rank, world_size):
    """Small integers, whose sum is exact in every type and in every order of summation."""
    index = torch.arange(buffer.numel(), device=buffer.device) % 31 - 15
    buffer.copy_((index + rank).to(buffer.dtype))
    dist.all_reduce(buffer)
    expected = index * world_size + world_size * (world_size - 1) // 2
    return bool(torch.equal(buffer, expected.to(buffer.dtype)))


def measure(dtype, size, l2_bytes):
    """Microseconds of one all-reduce, one sample for each replay."""
    count = size // dtype.itemsize
    sets = buffer_sets(size, l2_bytes)
    calls = calls_in_graph(size, sets)
    # Zeros stay zeros, however often they are summed in place.
    buffers = [torch.zeros(count, dtype=dtype, device="cuda") for _ in range(sets)]
    for buffer in buffers[:2]:
        dist.all_reduce(buffer)
    torch.cuda.synchronize()

    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for call in range(calls):
            dist.all_reduce(buffers[call % sets])

    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    samples = []
    for replay in range(-WARM_UPS, REPLAYS):
        dist.barrier()
        torch.cuda.synchronize()
        start.record()
        graph.replay()
        end.record()
        end.synchronize()
        if replay >= 0:
            samples.append(start.elapsed_time(end) * 1e3 / calls)
    return samples, sets


def quantile(samples, fraction):
    return sorted(samples)[round(fraction * (len(samples) - 1))]


def driver_version():
    try:
        with open("/proc/driver/nvidia/version", encoding="utf-8") as file:
            return next(word for word in file.readline().split() if word[0].isdigit() and "." in word)
    except (OSError, StopIteration):
        return "unknown"


def records(rank, world_size, arguments):
    properties = torch.cuda.get_device_properties(rank)
    l2_bytes = getattr(properties, "L2_cache_size", 50 << 20)
    rows = []
    for name in arguments.dtypes:
        dtype = DTYPES[name]
        for size in sizes(arguments.largest << 20):
            samples, sets = measure(dtype, size, l2_bytes)
            # The slowest rank's: an all-reduce is over when it is over everywhere.
            everyone = [None] * world_size
            dist.all_gather_object(everyone, samples)
            slowest = [max(times) for times in zip(*everyone)]
            right = is_right(torch.empty(size // dtype.itemsize, dtype=dtype, device="cuda"), rank, world_size)
            all_right = [None] * world_size
            dist.all_gather_object(all_right, right)
            median = statistics.median(slowest)
            bandwidth = size / median / 1e3
            rows.append({
                "device": properties.name, "devices": world_size,
                "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} processors, {platform.system()}",
                "driver": driver_version(), "dtype": name, "regime": "fp",
                "algorithm": "nccl_" + ".".join(str(part) for part in torch.cuda.nccl.version()),
                "worldSize": world_size, "bytes": size, "wireBytes": 2 * size * (world_size - 1) // world_size,
                "medianMicroseconds": median, "p10Microseconds": quantile(slowest, 0.1), "p90Microseconds": quantile(slowest, 0.9),
                "algorithmBandwidthGBs": bandwidth, "busBandwidthGBs": bandwidth * 2 * (world_size - 1) / world_size,
                "roof": None, "roofMicroseconds": None, "fractionOfRoof": None,
                "bufferSets": sets, "bitIdentical": all(all_right),
            })
            if rank == 0:
                row = rows[-1]
                print(f"{name:8} {size:>10} {median:9.2f} {row['p10Microseconds']:9.2f} {row['p90Microseconds']:9.2f} "
                      f"{bandwidth:7.1f} {row['busBandwidthGBs']:7.1f}  {'right' if row['bitIdentical'] else 'WRONG'}", flush=True)
    return rows


def run(rank, world_size, arguments):
    torch.cuda.set_device(rank)
    dist.init_process_group("nccl", rank=rank, world_size=world_size, device_id=torch.device("cuda", rank))
    try:
        if rank == 0:
            print("dtype         bytes   time µs       p10       p90   algbw   busbw")
        rows = records(rank, world_size, arguments)
        if rank == 0 and arguments.output:
            with open(arguments.output, "w", encoding="utf-8") as file:
                json.dump(rows, file, indent=2)
    finally:
        dist.destroy_process_group()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ranks", type=int, default=2, help="number of GPUs")
    parser.add_argument("--dtypes", nargs="+", default=["float16"], choices=DTYPES, help="element types")
    parser.add_argument("--largest", type=int, default=128, help="size of the largest message, in MiB")
    parser.add_argument("--output", help="file for the measurements, as JSON")
    arguments = parser.parse_args()
    if "LOCAL_RANK" in os.environ:
        run(int(os.environ["LOCAL_RANK"]), int(os.environ["WORLD_SIZE"]), arguments)
        return
    os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
    os.environ.setdefault("MASTER_PORT", "29511")
    multiprocessing.spawn(run, args=(arguments.ranks, arguments), nprocs=arguments.ranks)


if __name__ == "__main__":
    main()
