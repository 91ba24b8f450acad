namespace QuickReduce.Collectives.Gpu;

/// <summary>Which device every rank of a group is on, and that they can reach each other.</summary>
internal static class GpuTopology
{
    /// <summary>Settles the devices of a group and lets them access each other's memory.</summary>
    /// <param name="requested">A device for each rank; null for the first ones of the machine.</param>
    /// <param name="worldSize">Number of ranks.</param>
    /// <exception cref="ArgumentException">There is not one device for each rank, or they are of different kinds.</exception>
    /// <exception cref="GpuException">There are too few devices, or two cannot access each other, or ranks share a device that cannot run as many streams at once.</exception>
    public static GpuDevice[] Connect(IReadOnlyList<GpuDevice>? requested, int worldSize)
    {
        var devices = requested is null ? FirstDevices(worldSize) : [.. requested];
        if (devices.Length != worldSize || devices.Contains(null!))
        {
            throw new ArgumentException("A group of " + worldSize + " ranks needs as many devices, not " + devices.Length + ". Give a device several times for ranks that share it.", nameof(requested));
        }

        if (devices.Any(device => !ReferenceEquals(device.Driver, devices[0].Driver)))
        {
            throw new ArgumentException("The devices of a group are of one vendor: " + string.Join(", ", devices.Distinct()) + ".", nameof(requested));
        }

        RequireConcurrentStreams(devices);
        EnablePeerAccess([.. devices.Distinct()]);
        return devices;
    }

    private static GpuDevice[] FirstDevices(int worldSize)
    {
        var devices = GpuDevice.Discover();
        var first = devices.Where(device => device.Kind == devices[0].Kind).Take(worldSize).ToArray();
        if (first.Length < worldSize)
        {
            throw new GpuException(
                GpuProblem.NoDevice,
                "A group of " + worldSize + " ranks needs as many GPUs, and this machine has " + first.Length + " (" + GpuDevice.Explain().ReplaceLineEndings("; ")
                    + "). Several ranks share a device where GpuGroupOptions.Devices gives it several times.");
        }

        return first;
    }

    private static void RequireConcurrentStreams(GpuDevice[] devices)
    {
        foreach (var shared in devices.GroupBy(static device => device))
        {
            var driver = shared.Key.Driver;
            if (shared.Count() > 1 && shared.Count() > driver.ConcurrentStreams)
            {
                throw new GpuException(
                    GpuProblem.NotCoResident,
                    shared.Count() + " ranks share " + shared.Key + ", which runs the kernels of " + driver.ConcurrentStreams + " streams at the same time: the others would be waited for without end. " + driver.ConcurrentStreamsRemedy);
            }
        }
    }

    private static void EnablePeerAccess(GpuDevice[] devices)
    {
        foreach (var device in devices)
        {
            foreach (var peer in devices)
            {
                if (ReferenceEquals(device, peer))
                {
                    continue;
                }

                if (!device.CanAccess(peer))
                {
                    throw new GpuException(GpuProblem.NoPeerAccess, device + " cannot access the memory of " + peer + ". Use devices that are linked to each other, or one device for all ranks.");
                }

                device.Driver.EnablePeerAccess(device.Index, peer.Index);
            }
        }
    }
}
