using QuickReduce;

namespace QuickStart;

/// <summary>Finds out what this machine can run.</summary>
internal static class Devices
{
    /// <summary>The devices to run on; a note where one that was not asked for by name is missing.</summary>
    public static IReadOnlyList<DeviceKind> Resolve(DeviceKind requested, out string? note)
    {
        note = null;
        if (requested != DeviceKind.Auto)
        {
            return [requested];
        }

        try
        {
            // A first small call loads the library of the compiled kernels, or says why it cannot.
            using var group = LlamaCollectives.CreateGroup(LlamaCollectives.WorldSize.Two, new GroupOptions { Device = DeviceKind.Host });
            group.AllReduce([new Half[1], new Half[1]], [new Half[1], new Half[1]], LlamaCollectives.Regime.FP);
            return [DeviceKind.Managed, DeviceKind.Host];
        }
        catch (QuickReduceException missing)
        {
            note = "The generated kernels did not run on this CPU, only the managed backend did. " + missing.Message;
            return [DeviceKind.Managed];
        }
    }
}
