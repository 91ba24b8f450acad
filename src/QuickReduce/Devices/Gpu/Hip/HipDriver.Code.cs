using System.Text;

namespace QuickReduce.Devices.Gpu.Hip;

/// <content>Modules, functions and launches.</content>
internal sealed unsafe partial class HipDriver
{
    private const int NotFound = 500;

    public override nint LoadModule(int device, ReadOnlySpan<byte> image, out string log)
    {
        using var scope = Use(device);
        fixed (byte* source = image)
        {
            nint module;
            var result = _functions.ModuleLoadData(&module, source);
            if (IsCodeRefused(result))
            {
                _ = _functions.GetLastError();
                log = ErrorText(result);
                return 0;
            }

            Check(result, "hipModuleLoadData", device);
            log = string.Empty;
            return module;
        }
    }

    public override void UnloadModule(int device, nint module)
    {
        using var scope = Use(device);
        Check(_functions.ModuleUnload(module), "hipModuleUnload", device);
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
                _ = _functions.GetLastError();
                return 0;
            }

            Check(result, "hipModuleGetFunction", device);
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
                _ = _functions.GetLastError();
                bytes = 0;
                return 0;
            }

            Check(result, "hipModuleGetGlobal", device);
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
            Check(_functions.FuncGetAttribute(&value, attribute, function), "hipFuncGetAttribute", device);
            return value;
        }
    }

    public override int BlocksPerMultiprocessor(int device, nint function, int threadsPerBlock)
    {
        using var scope = Use(device);
        int blocks;
        Check(_functions.OccupancyMaxActiveBlocksPerMultiprocessor(&blocks, function, threadsPerBlock, 0), "hipModuleOccupancyMaxActiveBlocksPerMultiprocessor", device);
        return blocks;
    }

    public override void Launch(int device, nint function, int blocks, int threadsPerBlock, nint stream, void** arguments, bool cooperative)
    {
        using var scope = Use(device);
        if (cooperative)
        {
            Check(_functions.LaunchCooperativeKernel(function, (uint)blocks, 1, 1, (uint)threadsPerBlock, 1, 1, 0, stream, arguments), "hipModuleLaunchCooperativeKernel", device);
        }
        else
        {
            Check(_functions.LaunchKernel(function, (uint)blocks, 1, 1, (uint)threadsPerBlock, 1, 1, 0, stream, arguments, null), "hipModuleLaunchKernel", device);
        }
    }

    // Invalid image, no binary for the GPU, invalid file.
    private static bool IsCodeRefused(int error) => error is 200 or 209 or 218;
}
