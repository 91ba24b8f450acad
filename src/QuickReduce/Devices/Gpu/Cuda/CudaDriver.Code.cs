using System.Text;
using QuickReduce.Devices.Gpu.Code;

namespace QuickReduce.Devices.Gpu.Cuda;

/// <content>Modules, functions and launches.</content>
internal sealed unsafe partial class CudaDriver
{
    private const int NotFound = 500;
    private const int JitErrorLogBuffer = 5;
    private const int JitErrorLogBufferSizeBytes = 6;
    private const int JitErrorLogBytes = 8192;

    public override nint LoadModule(int device, ReadOnlySpan<byte> image, out string log)
    {
        // PTX is text and ends with a zero, which its file does not have.
        var text = new byte[image.Length + 1];
        image.CopyTo(text);
        var buffer = new byte[JitErrorLogBytes];
        using var scope = Use(device);
        fixed (byte* source = text)
        fixed (byte* errors = buffer)
        {
            var options = stackalloc int[] { JitErrorLogBuffer, JitErrorLogBufferSizeBytes };
            var values = stackalloc void*[] { errors, (void*)JitErrorLogBytes };
            nint module;
            var result = _functions.ModuleLoadDataEx(&module, source, 2, options, values);
            if (IsCodeRefused(result))
            {
                log = ErrorText(result) + ". " + Encoding.UTF8.GetString(buffer).TrimEnd('\0', '\n', ' ');
                return 0;
            }

            Check(result, "cuModuleLoadDataEx", device);
            log = string.Empty;
            return module;
        }
    }

    /// <summary>NVRTC reads CUDA C++, and the text uses clang's vector types. PTX for sm_80 runs on everything later.</summary>
    public override RuntimeCompiler? FindCompiler(out string reason)
    {
        reason = "NVIDIA's run-time compiler does not read HIP";
        return null;
    }

    public override void UnloadModule(int device, nint module)
    {
        using var scope = Use(device);
        Check(_functions.ModuleUnload(module), "cuModuleUnload", device);
    }

    public override nint Function(int device, nint module, string name)
    {
        using var scope = Use(device);
        nint function;
        fixed (byte* text = Encoding.UTF8.GetBytes(name + '\0'))
        {
            var result = _functions.ModuleGetFunction(&function, module, text);
            if (result == NotFound)
            {
                return 0;
            }

            Check(result, "cuModuleGetFunction", device);
        }

        // A function that is loaded at its first launch may wait for the kernels that run, and they for that launch.
        if (_functions.FuncLoad != null)
        {
            Check(_functions.FuncLoad(function), "cuFuncLoad", device);
        }

        return function;
    }

    public override nint Global(int device, nint module, string name, out nint bytes)
    {
        using var scope = Use(device);
        nint address;
        nuint size;
        fixed (byte* text = Encoding.UTF8.GetBytes(name + '\0'))
        {
            var result = _functions.ModuleGetGlobal(&address, &size, module, text);
            if (result == NotFound)
            {
                bytes = 0;
                return 0;
            }

            Check(result, "cuModuleGetGlobal", device);
        }

        bytes = (nint)size;
        return address;
    }

    public override FunctionAttributes Attributes(int device, nint function)
    {
        const int SharedSizeBytes = 1, LocalSizeBytes = 3, RegisterCount = 4;
        using var scope = Use(device);
        return new FunctionAttributes(Attribute(RegisterCount), Attribute(LocalSizeBytes), Attribute(SharedSizeBytes));

        int Attribute(int attribute)
        {
            int value;
            Check(_functions.FuncGetAttribute(&value, attribute, function), "cuFuncGetAttribute", device);
            return value;
        }
    }

    public override int BlocksPerMultiprocessor(int device, nint function, int threadsPerBlock)
    {
        using var scope = Use(device);
        int blocks;
        Check(_functions.OccupancyMaxActiveBlocksPerMultiprocessor(&blocks, function, threadsPerBlock, 0), "cuOccupancyMaxActiveBlocksPerMultiprocessor", device);
        return blocks;
    }

    public override void Launch(int device, nint function, int blocks, int threadsPerBlock, nint stream, void** arguments, bool cooperative)
    {
        using var scope = Use(device);
        if (cooperative)
        {
            Check(_functions.LaunchCooperativeKernel(function, (uint)blocks, 1, 1, (uint)threadsPerBlock, 1, 1, 0, stream, arguments), "cuLaunchCooperativeKernel", device);
        }
        else
        {
            Check(_functions.LaunchKernel(function, (uint)blocks, 1, 1, (uint)threadsPerBlock, 1, 1, 0, stream, arguments, null), "cuLaunchKernel", device);
        }
    }

    // Invalid image, no binary for the GPU, invalid PTX, PTX of a later version, missing symbols.
    private static bool IsCodeRefused(int error) => error is 200 or 209 or 218 or 221 or 222 or 300 or 302;
}
