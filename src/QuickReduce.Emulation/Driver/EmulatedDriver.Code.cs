using QuickReduce.Devices.Gpu;
using QuickReduce.Devices.Gpu.Code;
using QuickReduce.Emulation.CodeObjects;
using QuickReduce.Emulation.Instructions;
using QuickReduce.Emulation.Scheduling;

namespace QuickReduce.Emulation.Driver;

/// <content>Modules, functions and launches.</content>
internal sealed unsafe partial class EmulatedDriver
{
    public override nint LoadModule(int device, ReadOnlySpan<byte> image, out string log)
    {
        lock (_gate)
        {
            try
            {
                var codeObject = CodeObject.Read(image.ToArray());
                var architecture = codeObject.Processor.ToString().ToLowerInvariant();
                if (!_options.Architecture.StartsWith(architecture, StringComparison.Ordinal) && !codeObject.IsGeneric)
                {
                    throw new CodeObjectException("it is compiled for " + architecture + ", and the emulated device is a " + _options.Architecture);
                }

                var handle = NewHandle();
                _modules.Add(handle, new LoadedModule(codeObject, Machine.Space, device, "a code object"));
                log = string.Empty;
                return handle;
            }
            catch (CodeObjectException problem)
            {
                log = problem.Message;
                return 0;
            }
        }
    }

    public override RuntimeCompiler? FindCompiler(out string reason)
    {
        reason = "The emulator runs compiled code and compiles none.";
        return null;
    }

    public override void UnloadModule(int device, nint module)
    {
        lock (_gate)
        {
            if (_modules.Remove(module, out var loaded))
            {
                _ = Machine.Space.Free(loaded.Base);
            }
        }
    }

    public override nint Function(int device, nint module, string name)
    {
        lock (_gate)
        {
            try
            {
                if (_modules[module].Kernel(name) is not { } kernel)
                {
                    return 0;
                }

                var handle = NewHandle();
                _functions.Add(handle, kernel);
                return handle;
            }
            catch (UnknownInstructionException problem)
            {
                throw NotModelled(name, problem);
            }
            catch (CodeObjectException problem)
            {
                throw NotModelled(name, problem);
            }
        }
    }

    public override nint Global(int device, nint module, string name, out nint bytes)
    {
        lock (_gate)
        {
            var variable = _modules[module].Variable(name);
            bytes = (nint)(variable?.Bytes ?? 0);
            return (nint)(variable?.Address ?? 0);
        }
    }

    public override FunctionAttributes Attributes(int device, nint function)
    {
        lock (_gate)
        {
            var descriptor = _functions[function].Descriptor;
            return new FunctionAttributes(descriptor.VectorRegisters, 0, descriptor.GroupSegmentBytes);
        }
    }

    public override int BlocksPerMultiprocessor(int device, nint function, int threadsPerBlock)
    {
        lock (_gate)
        {
            return _functions[function].BlocksPerComputeUnit(threadsPerBlock);
        }
    }

    public override void Launch(int device, nint function, int blocks, int threadsPerBlock, nint stream, void** arguments, bool cooperative)
    {
        var kernel = Kernel(function);
        RequireLaunchable(kernel, blocks, threadsPerBlock, cooperative);
        Launch(device, kernel, blocks, threadsPerBlock, stream, new ArgumentSegment(kernel.Description, blocks, threadsPerBlock, arguments));
    }

    /// <summary>Launches a kernel with its arguments as they lie in memory.</summary>
    /// <exception cref="ArgumentException">There are too few.</exception>
    public void Launch(int device, nint function, int blocks, int threadsPerBlock, nint stream, ReadOnlySpan<byte> arguments)
    {
        var kernel = Kernel(function);
        RequireLaunchable(kernel, blocks, threadsPerBlock, cooperative: false);
        Launch(device, kernel, blocks, threadsPerBlock, stream, new ArgumentSegment(kernel.Description, blocks, threadsPerBlock, arguments));
    }

    private LoadedKernel Kernel(nint function)
    {
        lock (_gate)
        {
            return _functions.GetValueOrDefault(function) ?? throw Invalid("function");
        }
    }

    private void RequireLaunchable(LoadedKernel kernel, int blocks, int threadsPerBlock, bool cooperative)
    {
        if (threadsPerBlock < 1 || threadsPerBlock > kernel.Description.MaxBlockSize || blocks < 1)
        {
            throw new GpuException(GpuProblem.DriverError, kernel.Name + " cannot be launched with " + blocks + " blocks of " + threadsPerBlock + " threads: a block has at most " + kernel.Description.MaxBlockSize + ".");
        }

        var fitting = kernel.BlocksPerComputeUnit(threadsPerBlock) * _options.ComputeUnits;
        if (_options.MaxResidentBlocks > 0)
        {
            fitting = int.Min(fitting, _options.MaxResidentBlocks);
        }

        if (cooperative && blocks > fitting)
        {
            throw new GpuException(GpuProblem.NotCoResident, blocks + " blocks of " + kernel.Name + " cannot be resident at once, but " + fitting + ". Lower GpuGroupOptions.MaxBlocks.");
        }

    }

    private void Launch(int device, LoadedKernel kernel, int blocks, int threadsPerBlock, nint stream, ArgumentSegment segment) =>
        Enqueue(device, stream, () =>
        {
            var allocation = Machine.Space.Allocate(device, (ulong)segment.Bytes.Length, "the arguments of " + kernel.Name);
            Write(allocation.Address, segment.Bytes);
            var dispatch = Machine.Start(kernel, device, blocks, threadsPerBlock, allocation.Address, allocation.Address + (ulong)segment.PacketOffset);
            return () =>
            {
                if (!dispatch.IsComplete)
                {
                    return false;
                }

                _ = Machine.Space.Free(allocation.Address);
                return true;
            };
        });

    private static GpuException NotModelled(string kernel, Exception problem) => new(
        GpuProblem.DriverError,
        "The emulator cannot run " + kernel + ": " + problem.Message + ".",
        inner: new EmulationException(EmulationProblem.UnknownInstruction, problem.Message, problem));
}
