namespace QuickReduce.Devices.Processes;

/// <summary>Which of a call's buffers all ranks see, so that they need not be copied to be read or written.</summary>
[Flags]
internal enum BufferSharing : byte
{
    /// <summary>None: elements go through the group's own memory.</summary>
    None = 0,

    /// <summary>The inputs: peers read them where they lie.</summary>
    Inputs = 1,

    /// <summary>The outputs: peers write sums where they are wanted.</summary>
    Outputs = 2,

    /// <summary>All.</summary>
    All = Inputs | Outputs,
}
