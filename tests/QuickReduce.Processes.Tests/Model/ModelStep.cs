namespace QuickReduce.Processes.Tests.Model;

/// <summary>What a rank does in one step of the model.</summary>
public enum Operation
{
    Await,
    Write,
    WriteSum,
    Read,
    ReadSum,
    Raise,

    /// <summary>The caller writes its input, before a call.</summary>
    FillInput,

    /// <summary>The caller uses its input for something else, once a call has returned.</summary>
    SpoilInput,

    /// <summary>The inputs of all ranks are read where they lie.</summary>
    ReadInputs,

    /// <summary>A sum is written to the outputs of all ranks.</summary>
    WriteOutputs,

    /// <summary>The caller looks at its output, once a call has returned.</summary>
    ReadOutput,

    /// <summary>The caller uses its output for something else.</summary>
    SpoilOutput,

    /// <summary>The caller finds its output as it has left it.</summary>
    ReadSpoiltOutput,
}

/// <summary>Where the buffers of a modelled call lie.</summary>
public enum ModelBuffers
{
    /// <summary>In memory of the rank's own.</summary>
    Private,

    /// <summary>In memory that all ranks see.</summary>
    Shared,

    /// <summary>Elsewhere on every rank: they find out when they compare, and begin again as with private ones.</summary>
    Unlike,
}

/// <summary>A call of the model.</summary>
public readonly record struct ModelCall(int Chunks, int Hops, ModelBuffers Buffers = ModelBuffers.Private);

/// <summary>A step: an operation, the epoch that it is about, and the region and the chunk (over all calls) it touches.</summary>
public readonly record struct ModelStep(Operation Operation, uint Epoch, int Region, int Chunk);

/// <summary>What exploring has found: null where there is none.</summary>
public sealed record ModelOutcome(string? Violation, string? Deadlock, bool Finished, int States);
