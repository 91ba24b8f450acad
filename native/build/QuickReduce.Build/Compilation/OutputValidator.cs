using System.Text;

namespace QuickReduce.Build;

/// <summary>Looks whether a compiler that says it succeeded has left what it was asked for.</summary>
internal static class OutputValidator
{
    private const int MachineOffset = 18;

    /// <summary>What is wrong with the file, or null.</summary>
    public static string? Problem(string path, OffloadTarget target)
    {
        if (!File.Exists(path))
        {
            return "wrote no output";
        }

        byte[] start = ReadStart(path);
        if (start.Length == 0)
        {
            return "wrote an empty file";
        }

        return target.Kind switch
        {
            TargetKind.Nvidia => IsPtx(start) ? null : "wrote something that is not PTX",
            TargetKind.Amd => IsElf(start, ElfFile.MachineAmdGpu) ? null : "wrote something that is not a code object for AMD GPUs",
            _ => IsElf(start, target.Name.StartsWith("arm", StringComparison.Ordinal) ? ElfFile.MachineArm64 : ElfFile.MachineX64)
                ? null
                : $"wrote something that is not a shared library for {target.Name}",
        };
    }

    private static byte[] ReadStart(string path)
    {
        using FileStream file = File.OpenRead(path);
        var start = new byte[4096];
        int count = 0;
        int read;
        while (count < start.Length && (read = file.Read(start, count, start.Length - count)) > 0)
        {
            count += read;
        }

        Array.Resize(ref start, count);
        return start;
    }

    private static bool IsElf(byte[] start, ushort machine) =>
        start.Length > MachineOffset + 1
        && start[0] == 0x7f && start[1] == 'E' && start[2] == 'L' && start[3] == 'F'
        && (start[MachineOffset] | start[MachineOffset + 1] << 8) == machine;

    private static bool IsPtx(byte[] start) =>
        !start.Contains((byte)0) && Encoding.ASCII.GetString(start).Contains(".version ");
}
